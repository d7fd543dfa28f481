"""Log in, validate, check access, log out (wire 3)."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import cast

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from domain.errors import NotAuthenticated, TokenMissing
from domain.identity import LoginAttempt, SessionToken
from domain.use_cases.authenticate import Authenticate
from domain.use_cases.check_access import CheckAccess
from domain.use_cases.log_in import LogIn
from domain.use_cases.log_out import LogOut
from entrypoints.http.asgi import Scope
from entrypoints.http.client_address import UNKNOWN, Networks, client_address
from entrypoints.http.json_body import HttpRequest, decoded, is_json, json_body, whole_body
from entrypoints.http.rate_limit import RateLimit
from entrypoints.http.routes.auth_bodies import (
    INVALID,
    CheckAccessBody,
    CheckAccessReply,
    LoginBody,
    ValidateBody,
    login_reply,
    user_reply,
    valid_reply,
)
from entrypoints.http.routes.replies import json_reply
from entrypoints.http.tokens import PresentedToken, presented_token

WishCheck = Callable[[Scope, PresentedToken], None]
_FORGET_COOKIE = "session_token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"
_USER_AGENT_LENGTH = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthUseCases:
    log_in: LogIn
    log_out: LogOut
    authenticate: Authenticate
    check_access: CheckAccess


def auth_routes(
    use_cases: AuthUseCases,
    rate_limit: RateLimit,
    trusted_proxies: Networks,
    body_limit: int,
    refuse_foreign_wishes: WishCheck | None = None,
) -> list[HTTPRouteHandler]:
    """`refuse_foreign_wishes` raises OriginDenied for a logout by cookie that another site's page asked for;
    None asks nobody.
    """

    def admit(request: HttpRequest) -> str:
        address = client_address(request.scope, trusted_proxies)
        rate_limit.take(address)
        return address

    @post("/api/auth/login", status_code=200)
    async def login(request: HttpRequest) -> Response[bytes]:
        address = admit(request)
        body = await json_body(request, LoginBody, body_limit)
        session = await use_cases.log_in(_attempt(body, request, address))
        return json_reply(login_reply(session))

    @post("/api/auth/validate", status_code=200)
    async def validate(request: HttpRequest) -> Response[bytes]:
        body = await json_body(request, ValidateBody, body_limit)
        try:
            session = use_cases.authenticate.known(body.session_token)
            if session is None:
                admit(request)
                session = await use_cases.authenticate(body.session_token)
        except NotAuthenticated:
            return json_reply(INVALID)
        return json_reply(valid_reply(session))

    @post("/api/auth/check-access", status_code=200)
    async def check_access(request: HttpRequest) -> Response[bytes]:
        admit(request)
        body = await json_body(request, CheckAccessBody, body_limit)
        decision = await use_cases.check_access(body.session_token, body.playbook_path, body.permission_type)
        return json_reply(
            CheckAccessReply(
                allowed=decision.allowed,
                user=user_reply(decision.user) if decision.user else None,
                playbook_path=body.playbook_path,
                permission_type=body.permission_type,
                message=decision.message,
            )
        )

    @post("/api/auth/logout", status_code=200)
    async def logout(request: HttpRequest) -> Response[bytes]:
        """The token as for any protected request, or in the body as for validate; repeating it is harmless."""
        admit(request)
        token = SessionToken.parse(await _token_to_end(request, body_limit, refuse_foreign_wishes))
        if token is not None:
            await use_cases.log_out(token)
        return json_reply({"status": "logged_out"}, headers={"set-cookie": _FORGET_COOKIE})

    return [login, validate, check_access, logout]


async def _token_to_end(request: HttpRequest, body_limit: int, refuse_foreign_wishes: WishCheck | None) -> str:
    scope = cast(Scope, request.scope)
    presented = presented_token(scope)
    if presented is not None and not presented.from_cookie:
        return presented.text
    if is_json(request.headers.get("content-type", "")):
        content = await whole_body(request, body_limit)
        if content.strip():
            return decoded(content, ValidateBody).session_token
    if presented is not None:
        if refuse_foreign_wishes is not None:
            refuse_foreign_wishes(scope, presented)
        return presented.text
    raise TokenMissing


def _attempt(body: LoginBody, request: HttpRequest, address: str) -> LoginAttempt:
    agent = body.client_user_agent or request.headers.get("user-agent") or "unknown"
    return LoginAttempt(
        auth0_token=body.auth0_token,
        auth0_refresh_token=body.auth0_refresh_token,
        auth0_domain=body.auth0_domain,
        session_duration_hours=body.session_duration_hours,
        client_ip=_client_ip(body.client_ip, address),
        client_user_agent=_printable(agent)[:_USER_AGENT_LENGTH] or "unknown",
    )


def _client_ip(claimed: str | None, address: str) -> str:
    """The address that was seen; the claim counts only where none was, and only if it is one (D17)."""
    if address != UNKNOWN or claimed is None:
        return address
    try:
        return str(ip_address(claimed.strip()))
    except ValueError:
        return address


def _printable(text: str) -> str:
    """The login playbook puts this into SQL: no quotes, no backslashes, no control characters (D17)."""
    return "".join(char for char in text if char.isprintable() and char not in "'\"\\`;{}")

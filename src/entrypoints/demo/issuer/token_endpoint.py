"""`/oauth/token` and `/userinfo`, which pages of other origins may call."""

from collections.abc import Mapping

import jwt
import msgspec

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.asgi.router import Route
from entrypoints.demo.issuer.codes import AuthorizationCodes, InvalidGrantError
from entrypoints.demo.issuer.token_factory import TokenFactory
from entrypoints.demo.issuer.users import DemoUser

_NO_STORE = (("cache-control", "no-store"), ("pragma", "no-cache"))


class TokenEndpoint:
    def __init__(self, *, users: Mapping[str, DemoUser], codes: AuthorizationCodes, tokens: TokenFactory) -> None:
        self._users = users
        self._codes = codes
        self._tokens = tokens

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("POST", "/oauth/token", self._exchange),
            Route("GET", "/userinfo", self._user_info),
            Route("POST", "/userinfo", self._user_info),
        )

    async def _exchange(self, request: Request) -> Response:
        fields = _fields(request)
        if fields.get("grant_type") != "authorization_code":
            return _error("unsupported_grant_type", "only authorization_code is supported")
        try:
            grant = self._codes.redeem(
                fields.get("code", ""),
                client_id=fields.get("client_id", ""),
                redirect_uri=fields.get("redirect_uri", ""),
                verifier=fields.get("code_verifier", ""),
            )
        except InvalidGrantError as error:
            return _error("invalid_grant", str(error))
        wanted = grant.request
        return json_response(
            {
                "access_token": self._tokens.access_token(grant.user, scope=wanted.scope, audience=wanted.audience),
                "id_token": self._tokens.id_token(grant.user, {"nonce": wanted.nonce}),
                "scope": wanted.scope,
                "expires_in": self._tokens.lifetime,
                "token_type": "Bearer",
            },
            headers=_NO_STORE,
        )

    async def _user_info(self, request: Request) -> Response:
        try:
            subject = self._tokens.subject_of(request.bearer_token() or "")
            user = next(user for user in self._users.values() if user.subject == subject)
        except (jwt.PyJWTError, StopIteration):
            challenge = ("www-authenticate", 'Bearer error="invalid_token"')
            return json_response({"error": "invalid_token"}, status=401, headers=(challenge,))
        return json_response(
            {
                "sub": user.subject,
                "email": user.email,
                "email_verified": user.email_verified,
                "name": user.name,
            }
        )


def _fields(request: Request) -> Mapping[str, str]:
    """Auth0 takes JSON as well as the form of the specification."""
    if not (request.header("content-type") or "").startswith("application/json"):
        return request.form()
    try:
        return msgspec.json.decode(request.body, type=dict[str, str])
    except msgspec.DecodeError:
        return {}


def _error(code: str, description: str) -> Response:
    return json_response({"error": code, "error_description": description}, status=400, headers=_NO_STORE)

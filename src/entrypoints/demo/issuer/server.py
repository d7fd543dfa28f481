"""The issuer, put together."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

from litestar.types import Receive, Scope, Send

from entrypoints.demo.asgi.application import run_application
from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.asgi.router import Route, Router
from entrypoints.demo.issuer.authorize_endpoint import AuthorizeEndpoint
from entrypoints.demo.issuer.codes import AuthorizationCodes
from entrypoints.demo.issuer.discovery import discovery_document
from entrypoints.demo.issuer.keys import SigningKeys
from entrypoints.demo.issuer.pages import message_page, style_sheet
from entrypoints.demo.issuer.push_tokens import PushTokens
from entrypoints.demo.issuer.redirects import RedirectPolicy
from entrypoints.demo.issuer.token_endpoint import TokenEndpoint
from entrypoints.demo.issuer.token_factory import TokenFactory
from entrypoints.demo.issuer.users import DEMO_USERS, DemoUser
from entrypoints.demo.json_types import JsonValue

_ANY_ORIGIN = (("access-control-allow-origin", "*"),)
_PREFLIGHT = (
    *_ANY_ORIGIN,
    ("access-control-allow-methods", "GET, POST, OPTIONS"),
    ("access-control-allow-headers", "authorization, content-type, auth0-client"),
    ("access-control-max-age", "600"),
)
_SHARED_PATHS = (
    "/.well-known/openid-configuration",
    "/.well-known/jwks.json",
    "/oauth/token",
    "/userinfo",
)


class DemoIssuer:
    """An ASGI application that must be served at `url`, an `http://` origin without trailing slash.

    `redirect_uris` narrows the addresses to come back to, which are otherwise all those on loopback hosts.
    It also signs in Google's place: for pushes of Pub/Sub.
    `requests` counts what came, by path. `unavailable = True` answers everything with 503.
    """

    def __init__(
        self,
        *,
        url: str,
        client_id: str = "demo-client",
        users: Iterable[DemoUser] = DEMO_USERS,
        redirect_uris: Collection[str] | None = None,
        token_lifetime: int = 3600,
    ) -> None:
        self.url = url
        self.issuer = f"{url}/"
        self.client_id = client_id
        self.requests: Counter[str] = Counter()
        self.unavailable = False
        self._keys = SigningKeys()
        self._users = {user.email: user for user in users}
        self._redirects = RedirectPolicy(redirect_uris)
        self._tokens = TokenFactory(self._keys, issuer=self.issuer, client_id=client_id, lifetime=token_lifetime)
        self._router = Router(self._routes())

    def issue(self, email: str, **claims: JsonValue) -> str:
        """An ID token for anybody. `claims` replaces claims, and removes those that it sets to None."""
        user = self._users.get(email) or DemoUser(email=email, name=email.partition("@")[0])
        return self._tokens.id_token(user, claims)

    def rotate_key(self, *, retire_old: bool = False) -> str:
        """Signs with a new key from now on and answers its `kid`; the old one may vanish from the key set."""
        return self._keys.rotate(retire_old=retire_old)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await run_application(self._answer, scope, receive, send)

    def _routes(self) -> tuple[Route, ...]:
        codes = AuthorizationCodes()
        authorize = AuthorizeEndpoint(
            client_id=self.client_id,
            users=self._users,
            redirects=self._redirects,
            codes=codes,
            tokens=self._tokens,
        )
        return (
            Route("GET", "/.well-known/openid-configuration", self._discovery),
            Route("GET", "/.well-known/jwks.json", self._key_set),
            Route("GET", "/v2/logout", self._log_out),
            Route("GET", "/style.css", self._style),
            *(Route("OPTIONS", path, self._preflight) for path in _SHARED_PATHS),
            *authorize.routes(),
            *TokenEndpoint(users=self._users, codes=codes, tokens=self._tokens).routes(),
            *PushTokens(self._keys).routes(),
        )

    async def _answer(self, request: Request) -> Response:
        self.requests[request.path] += 1
        if self.unavailable:
            return message_page("Unavailable", "The issuer is switched off.", status=503)
        response = await self._router.dispatch(request)
        if request.path in _SHARED_PATHS and request.method != "OPTIONS":
            response = replace(response, headers=(*response.headers, *_ANY_ORIGIN))
        return response

    async def _discovery(self, _: Request) -> Response:
        return json_response(discovery_document(self.issuer))

    async def _key_set(self, _: Request) -> Response:
        return json_response(self._keys.jwks(), headers=(("cache-control", "public, max-age=15"),))

    async def _style(self, _: Request) -> Response:
        return style_sheet()

    async def _preflight(self, _: Request) -> Response:
        return Response(status=204, headers=_PREFLIGHT)

    async def _log_out(self, request: Request) -> Response:
        target = request.argument("returnTo")
        if target is None:
            return message_page("Logged out", "You can close this page.")
        if not self._redirects.allows(target):
            return message_page("Refused", "This returnTo is not on the allow-list.", status=400)
        return Response(status=302, headers=(("location", target),))

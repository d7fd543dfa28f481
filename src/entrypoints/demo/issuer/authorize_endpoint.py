"""`/authorize`: asks who is logging in and sends the browser back with a code or with tokens."""

from collections.abc import Mapping

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response
from entrypoints.demo.asgi.router import Route
from entrypoints.demo.issuer.authorization_request import AuthorizationError, AuthorizationRequest
from entrypoints.demo.issuer.codes import AuthorizationCodes
from entrypoints.demo.issuer.pages import login_page, message_page
from entrypoints.demo.issuer.redirects import RedirectPolicy, with_parameters
from entrypoints.demo.issuer.token_factory import TokenFactory, access_token_hash
from entrypoints.demo.issuer.users import DemoUser
from entrypoints.demo.json_types import JsonObject, JsonValue


class AuthorizeEndpoint:
    def __init__(
        self,
        *,
        client_id: str,
        users: Mapping[str, DemoUser],
        redirects: RedirectPolicy,
        codes: AuthorizationCodes,
        tokens: TokenFactory,
    ) -> None:
        self._client_id = client_id
        self._users = users
        self._redirects = redirects
        self._codes = codes
        self._tokens = tokens

    def routes(self) -> tuple[Route, ...]:
        return (Route("GET", "/authorize", self._ask), Route("POST", "/authorize", self._choose))

    async def _ask(self, request: Request) -> Response:
        wanted = AuthorizationRequest.of(request.arguments())
        return self._refusal(wanted) or login_page(wanted, self._users.values())

    async def _choose(self, request: Request) -> Response:
        fields = request.form()
        wanted = AuthorizationRequest.of(fields)
        if refusal := self._refusal(wanted):
            return refusal
        user = self._users.get(fields.get("email", ""))
        if user is None:
            return message_page("Unknown user", "Nobody here has that e-mail address.", status=400)
        if wanted.is_implicit:
            return _back(wanted, self._implicit_reply(wanted, user))
        return _back(wanted, {"code": self._codes.issue(wanted, user)})

    def _refusal(self, wanted: AuthorizationRequest) -> Response | None:
        # Until client and address are known to be good, an error must not be sent anywhere.
        if wanted.client_id != self._client_id:
            return message_page("Unknown client", "This client_id is not registered.", status=400)
        if not self._redirects.allows(wanted.redirect_uri):
            return message_page("Refused", "This redirect_uri is not on the allow-list.", status=400)
        try:
            wanted.check()
        except AuthorizationError as error:
            return _back(wanted, {"error": error.code, "error_description": str(error)})
        return None

    def _implicit_reply(self, wanted: AuthorizationRequest, user: DemoUser) -> JsonObject:
        reply: dict[str, JsonValue] = {}
        claims: dict[str, JsonValue] = {"nonce": wanted.nonce}
        if wanted.wants_access_token:
            access = self._tokens.access_token(user, scope=wanted.scope, audience=wanted.audience)
            claims["at_hash"] = access_token_hash(access)
            reply = {
                "access_token": access,
                "token_type": "Bearer",
                "expires_in": self._tokens.lifetime,
                "scope": wanted.scope,
            }
        return {**reply, "id_token": self._tokens.id_token(user, claims)}


def _back(wanted: AuthorizationRequest, reply: JsonObject) -> Response:
    parameters = {**reply, "state": wanted.state}
    target = with_parameters(wanted.redirect_uri, parameters, in_fragment=wanted.is_implicit)
    return Response(status=303, headers=(("location", target), ("cache-control", "no-store")))

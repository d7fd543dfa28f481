"""Who opens a stream: by token in the query, by ticket, or as for any other request."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.errors import OriginDenied
from domain.identity import Session
from domain.ports.stream_tickets import StreamTickets
from domain.use_cases.authenticate import Authenticate
from entrypoints.http.asgi import Scope, query_parameters
from entrypoints.http.tokens import presented_token


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSession:
    """Raises what Authenticate raises. A cookie alone is not enough where `origin` is given and not allowed."""

    authenticate: Authenticate
    tickets: StreamTickets
    origin_allowed: Callable[[Scope, bytes], bool]

    async def __call__(self, scope: Scope, origin: bytes | None = None) -> Session:
        parameters = query_parameters(scope)
        if "ticket" in parameters:
            token = await self.tickets.redeem(parameters["ticket"])
            return await self.authenticate(token.text if token else None)
        if "session_token" in parameters:
            return await self.authenticate(parameters["session_token"])
        presented = presented_token(scope)
        session = await self.authenticate(presented.text if presented else None)
        if presented is not None and presented.from_cookie and scope["type"] == "websocket":
            self._refuse_foreign_pages(scope, origin)
        return session

    def _refuse_foreign_pages(self, scope: Scope, origin: bytes | None) -> None:
        """Any page can open a WebSocket with the user's cookie, and CORS does not stop it."""
        if origin is None or not self.origin_allowed(scope, origin):
            raise OriginDenied

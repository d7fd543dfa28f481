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
    """Raises what Authenticate raises, and OriginDenied for a WebSocket that only a cookie vouches for unless its
    `origin` is allowed: any page can open one with the user's cookie, and CORS does not stop it.
    """

    authenticate: Authenticate
    tickets: StreamTickets
    origin_allowed: Callable[[Scope, bytes], bool]

    async def __call__(self, scope: Scope, origin: bytes | None = None, *, given: str | None = None) -> Session:
        """`given`: a token that the client has sent in a message; it counts before all others."""
        if given is not None:
            return await self.authenticate(given)
        parameters = query_parameters(scope)
        if "ticket" in parameters:
            token = await self.tickets.redeem(parameters["ticket"])
            return await self.authenticate(token.text if token else None)
        if "session_token" in parameters:
            return await self.authenticate(parameters["session_token"])
        presented = presented_token(scope)
        if presented is not None and presented.from_cookie and scope["type"] == "websocket":
            self._refuse_foreign_pages(scope, origin)
        return await self.authenticate(presented.text if presented else None)

    def _refuse_foreign_pages(self, scope: Scope, origin: bytes | None) -> None:
        """Before it is asked whose cookie it is: a foreign page is not told whether somebody is logged in."""
        if origin is None or not self.origin_allowed(scope, origin):
            raise OriginDenied

"""`/graphql` behind the session gate, and the files of its page."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.errors import GatewayError
from domain.identity import Session
from entrypoints.http.asgi import AsgiApp, Receive, Scope, Send
from entrypoints.http.errors import respond_with_error
from entrypoints.http.gate import SessionGate


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLRoute:
    """Browsers get the page without a session: it is static and asks for one itself. Everything else needs one.

    `sockets` see to sessions themselves; None refuses every WebSocket.
    """

    gate: SessionGate
    view: Callable[[Session, Scope, Receive, Send], Awaitable[None]]
    wants_page: Callable[[Scope], bool]
    page: AsgiApp
    sockets: AsgiApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await (self.sockets or _refuse)(scope, receive, send)
            return
        if self.wants_page(scope):
            await self.page(scope, receive, send)
            return
        try:
            session = self.gate.known(scope) or await self.gate(scope)
        except GatewayError as error:
            await respond_with_error(send, error)
            return
        await self.view(session, scope, receive, send)


async def _refuse(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "websocket.close", "code": 1000})

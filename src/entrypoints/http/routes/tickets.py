"""`POST /api/events/ticket`: a stream can be opened without a token in its URL (D28)."""

from typing import cast

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from domain.ports.stream_tickets import StreamTickets
from entrypoints.http.asgi import Scope
from entrypoints.http.gate import SessionGate
from entrypoints.http.json_body import HttpRequest
from entrypoints.http.routes.replies import json_reply

LIFETIME_SECONDS = 60


def ticket_routes(gate: SessionGate, tickets: StreamTickets) -> list[HTTPRouteHandler]:
    @post("/api/events/ticket", status_code=200)
    async def ticket(request: HttpRequest) -> Response[bytes]:
        """Good once, for a minute: `GET /events?ticket=...`."""
        session = await gate(cast(Scope, request.scope))
        issued = await tickets.issue(session.token)
        return json_reply({"ticket": issued, "expires_in": LIFETIME_SECONDS})

    return [ticket]

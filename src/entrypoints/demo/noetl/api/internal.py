"""What the gateway itself calls: listeners of the push ingress, and the event log."""

import hmac
from collections.abc import Mapping

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.asgi.router import Route
from entrypoints.demo.json_types import JsonObject
from entrypoints.demo.noetl.api.bodies import json_body, required_text
from entrypoints.demo.noetl.snowflake import SnowflakeIds


class InternalApi:
    def __init__(self, listeners: Mapping[str, JsonObject], ids: SnowflakeIds, *, token: str | None) -> None:
        self._listeners = listeners
        self._ids = ids
        self._token = token

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("GET", "/api/internal/ingress/{listener}", self._ingress),
            Route("POST", "/api/events", self._event),
        )

    async def _ingress(self, request: Request) -> Response:
        if not self._token:
            return _rust_error(503, "internal API token is not configured")
        if not hmac.compare_digest((request.bearer_token() or "").encode(), self._token.encode()):
            return _rust_error(403, "invalid internal API token")
        name = request.parameters["listener"]
        if (listener := self._listeners.get(name)) is None:
            return _rust_error(404, f"no subscription for ingress path '{name}'")
        return json_response(listener)

    async def _event(self, request: Request) -> Response:
        required_text(json_body(request), "event_type")
        return json_response({"status": "ok", "event_id": str(self._ids.next())})


def _rust_error(status: int, message: str) -> Response:
    return json_response({"error": message, "status": status}, status=status)

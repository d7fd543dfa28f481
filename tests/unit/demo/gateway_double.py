"""Records what playbooks post to the gateway."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar.types import Receive, Scope, Send

from entrypoints.demo.asgi.application import run_application
from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response


@dataclass
class GatewayDouble:
    requests: list[Request] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """The statuses of the next replies; then 200."""

    def bodies(self, endpoint: str) -> list[Any]:
        path = f"/api/internal/{endpoint}"
        return [msgspec.json.decode(request.body) for request in self.requests if request.path == path]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await run_application(self._answer, scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        return json_response({}, status=self.statuses.pop(0) if self.statuses else 200)

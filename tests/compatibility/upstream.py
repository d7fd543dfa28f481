"""A NoETL server that answers as a test says, and remembers what reached it."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from litestar.types import Receive, Scope, Send

from entrypoints.demo.asgi.application import run_application
from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.ports import free_socket
from entrypoints.demo.servers import serve

Answering = Callable[[Request], Awaitable[Response]]


async def _ok(_: Request) -> Response:
    return json_response({"ok": True})


@dataclass(slots=True)
class Upstream:
    url: str = ""
    answering: Answering = _ok
    requests: list[Request] = field(default_factory=list)

    def forget(self) -> None:
        self.answering = _ok
        self.requests.clear()

    @property
    def last(self) -> Request:
        return self.requests[-1]

    @property
    def target(self) -> bytes:
        """What stood in the request line of the last request."""
        return self.last.raw_path + (b"?" + self.last.query if self.last.query else b"")

    def sent(self, name: str) -> list[str]:
        """The values of a header of the last request."""
        return [value.decode("latin-1") for key, value in self.last.headers if key == name.encode()]

    def answers(self, response: Response) -> None:
        async def answer(_: Request) -> Response:
            return response

        self.answering = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await run_application(self._answer, scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        return await self.answering(request)


@contextlib.asynccontextmanager
async def upstream() -> AsyncIterator[Upstream]:
    server = Upstream()
    async with serve(server, free_socket(), lifespan="off") as url:
        server.url = url
        yield server

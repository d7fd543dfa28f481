"""ASGI without a server."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from litestar.handlers import HTTPRouteHandler

from entrypoints.http.asgi import AsgiApp, Message, Scope
from entrypoints.http.litestar_app import litestar_app

PEER = "203.0.113.9"
JSON_TYPE = (b"content-type", b"application/json")
Fields = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    def all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key == name]

    def header(self, name: bytes) -> bytes | None:
        """The only value of a header."""
        values = self.all(name)
        assert len(values) < 2
        return values[0] if values else None


def scope_of(
    method: str = "GET",
    path: str = "/",
    headers: Fields = (),
    query: bytes = b"",
    *,
    raw_path: bytes | None = None,
    client: tuple[str, int] | None = (PEER, 50000),
    kind: str = "http",
    extensions: Mapping[str, object] | None = None,
) -> Scope:
    scope: Scope = {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode() if raw_path is None else raw_path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"gw.example.test"), *headers],
        "client": client,
        "server": ("gw.example.test", 80),
        "extensions": dict(extensions or {}),
    }
    if kind == "http":
        scope["method"] = method
    return scope


@dataclass
class Exchange:
    """One request: `chunks` arrive in turn, then the client leaves if it `leaves`, else it waits."""

    chunks: Sequence[bytes] = (b"",)
    leaves: bool = False
    sent: list[Message] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    _given: int = 0

    async def receive(self) -> Message:
        if self._given < len(self.chunks):
            chunk = self.chunks[self._given]
            self._given += 1
            more = self.leaves or self._given < len(self.chunks)
            return {"type": "http.request", "body": chunk, "more_body": more}
        if not self.leaves:
            await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def answer(self) -> Answer:
        starts = [message for message in self.sent if message["type"] == "http.response.start"]
        bodies = [message for message in self.sent if message["type"] == "http.response.body"]
        (start,) = starts
        assert self.sent[0] is start
        return Answer(
            status=start["status"],
            headers=list(start["headers"]),
            body=b"".join(message.get("body", b"") for message in bodies),
        )


async def ask(
    app: AsgiApp,
    method: str = "GET",
    path: str = "/",
    headers: Fields = (),
    body: bytes | Sequence[bytes] = b"",
    query: bytes = b"",
    **more: Any,
) -> Answer:
    exchange = Exchange([body] if isinstance(body, bytes) else body)
    await app(scope_of(method, path, headers, query, **more), exchange.receive, exchange.send)
    return exchange.answer


async def until(condition: Callable[[], bool]) -> None:
    """Lets the tasks of the loop go on until it holds."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


def served(*handlers: HTTPRouteHandler) -> AsgiApp:
    """Litestar with these routes; its ASGI is the same in other words."""
    return cast(AsgiApp, litestar_app(handlers))


async def post_json(app: AsgiApp, path: str, content: object, headers: Fields = ()) -> Answer:
    return await ask(app, "POST", path, (JSON_TYPE, *headers), msgspec.json.encode(content))

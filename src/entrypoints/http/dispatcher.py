"""Where a request goes. Paths are exact, the hot ones never see the framework (design 7)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from entrypoints.http.asgi import JSON, AsgiApp, ClientGone, Message, Receive, Scope, Send, respond
from entrypoints.http.errors import UNEXPECTED
from entrypoints.http.proxy.app import PREFIX, AnswerTorn

log = logging.getLogger(__name__)

_MISTAKEN = ("/api/executions", "/api/execute", "/api/catalog", "/api/credentials", "/api/postgres", "/api/run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """`exact`: path to application. `framework`: path to the methods that Litestar serves there.

    Every request gets an answer from here, whatever goes wrong: without one, browsers see a CORS failure (wire 14.5).
    """

    litestar: AsgiApp
    framework: Mapping[str, frozenset[str]]
    proxy: AsgiApp | None = None
    exact: Mapping[str, AsgiApp] = field(default_factory=dict)
    prefixes: tuple[tuple[str, AsgiApp], ...] = ()
    """Applications for whole trees, such as assets; the path must go on behind the prefix."""
    websockets: frozenset[str] = frozenset({"/ws"})
    """Those of the `exact` paths whose application speaks WebSocket, too."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.litestar(scope, receive, send)
            return
        guarded = _Guarded(send)
        try:
            await self._dispatch(scope, receive, guarded)
        except AnswerTorn:
            raise
        except ClientGone:
            log.debug("a client left before its request was complete")
        except Exception:
            log.exception("unexpected error in %s %s", scope.get("method", scope["type"]), scope["path"])
            if guarded.started:
                raise
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1011})
            else:
                await respond(send, 500, UNEXPECTED, JSON)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        raw_path: bytes = scope.get("raw_path") or path.encode()
        if scope["type"] == "websocket":
            await self._websocket(raw_path, scope, receive, send)
            return
        if self.proxy is not None and raw_path.startswith(PREFIX) and len(raw_path) > len(PREFIX):
            await self.proxy(scope, receive, send)
            return
        is_exact = raw_path == path.encode()
        app = (self.exact.get(path) if is_exact else None) or self._of_prefix(raw_path)
        if app is not None:
            await app(scope, receive, send)
        elif path in self.framework and is_exact:
            await self._in_framework(path, scope, receive, send)
        else:
            await _not_found(path, send)

    async def _websocket(self, raw_path: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        path = raw_path.decode("latin-1")
        app = self.exact.get(path) if path in self.websockets else None
        if app is not None:
            await app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    def _of_prefix(self, raw_path: bytes) -> AsgiApp | None:
        for prefix, app in self.prefixes:
            if raw_path.startswith(prefix.encode()) and len(raw_path) > len(prefix):
                return app
        return None

    async def _in_framework(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        methods = self.framework[path]
        if scope["method"] in methods:
            await self.litestar(scope, receive, send)
        elif scope["method"] == "HEAD" and "GET" in methods:
            await self.litestar({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            allowed = methods | {"HEAD"} if "GET" in methods else methods
            await respond(send, 405, headers=[(b"allow", ",".join(sorted(allowed)).encode())])


async def _not_found(path: str, send: Send) -> None:
    """Empty, as ever; but a page that asks the NoETL API at the wrong door is told the right one (wire 14.5)."""
    if path.startswith(_MISTAKEN):
        right = b'{"error":"Not found. The NoETL API is served under /noetl/: use /noetl%b"}'
        plain = "".join(c for c in path.removeprefix("/api")[:200] if c.isalnum() or c in "/_-.")
        await respond(send, 404, right % plain.encode("ascii", "ignore"), JSON)
    else:
        await respond(send, 404)


class _Guarded:
    """Notes whether an answer has begun: after that, none of ours can be put in its place."""

    __slots__ = ("_send", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        self.started = True
        await self._send(message)


def _without_body(send: Send) -> Send:
    async def without_body(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return without_body

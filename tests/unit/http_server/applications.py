"""Applications to serve in tests."""

import asyncio
from collections.abc import Awaitable, Callable

from entrypoints.http.asgi import Message, Receive, Scope, Send

Behaviour = Callable[["RecordingApp", Scope, Receive, Send], Awaitable[None]]


class RecordingApp:
    """Answers `<method> <path> <body length>`, and remembers what came in. Paths may be given another behaviour."""

    def __init__(self, **behaviours: Behaviour) -> None:
        self.scopes: list[Scope] = []
        self.bodies: list[bytes] = []
        self.gone: list[str] = []
        self.lifespan: list[str] = []
        self.entered = asyncio.Event()
        self._behaviours = {f"/{name}": behaviour for name, behaviour in behaviours.items()}

    @property
    def paths(self) -> list[str]:
        return [scope["path"] for scope in self.scopes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        self.scopes.append(scope)
        self.entered.set()
        await self._behaviours.get(scope["path"], echo)(self, scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        for _ in range(2):
            message = await receive()
            self.lifespan.append(message["type"])
            await send({"type": message["type"] + ".complete"})


async def echo(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
    body = await read_whole(app, scope, receive)
    if body is None:
        return
    app.bodies.append(body)
    await answer(send, f"{scope['method']} {scope['path']} {len(body)}".encode())


async def read_whole(app: RecordingApp, scope: Scope, receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            app.gone.append(scope["path"])
            return None
        body += message["body"]
        if not message["more_body"]:
            return bytes(body)


async def answer(send: Send, body: bytes, status: int = 200) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def answer_without_reading(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, b"early")


class Gate:
    """A behaviour that answers once the test opens it."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()

    async def __call__(self, app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
        await self.opened.wait()
        await echo(app, scope, receive, send)


async def until_gone(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Starts a response and streams nothing until the client leaves."""
    start: Message = {"type": "http.response.start", "status": 200, "headers": []}
    await send(start)
    await receive_until_gone(receive)
    app.gone.append(scope["path"])


async def flood(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Streams far more than any socket buffer holds, for as long as the client takes it."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    leaving = asyncio.ensure_future(receive_until_gone(receive))
    while not leaving.done():
        await send({"type": "http.response.body", "body": bytes(1_000_000), "more_body": True})
        await asyncio.sleep(0)
    app.gone.append(scope["path"])


async def receive_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

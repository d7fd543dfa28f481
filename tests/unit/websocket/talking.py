"""A JSON-RPC client over a real WebSocket."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from tests.unit.running_gateway import RunningGateway
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from domain.identity import Session

INITIALIZE = "initialize"


class Talk:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.client_id = ""
        self.seen: list[Any] = []
        self._ids = count(1)

    async def read(self) -> Any:
        """The next message, whatever it is."""
        message = json.loads(await self.socket.recv())
        self.seen.append(message)
        return message

    async def send(self, content: object) -> None:
        await self.socket.send(json.dumps(content))

    async def ask(self, method: str, **params: object) -> Any:
        """The answer; frames that come before it are only noted."""
        call_id = next(self._ids)
        await self.send({"jsonrpc": "2.0", "id": call_id, "method": method, "params": params})
        while (message := await self.read()).get("id") != call_id:
            pass
        return message

    async def initialize(self, **params: object) -> Any:
        answer = await self.ask(INITIALIZE, **params)
        self.client_id = answer["result"]["clientId"]
        return answer["result"]

    async def frame(self) -> Any:
        """The next frame that is no ping."""
        while (message := await self.read()).get("method", "ping") == "ping":
            pass
        return message

    async def closed(self) -> tuple[int, str]:
        """The code and reason; what comes before is noted."""
        try:
            while True:
                await self.read()
        except ConnectionClosed as end:
            assert end.rcvd is not None
            return end.rcvd.code, end.rcvd.reason


@asynccontextmanager
async def talking(
    gateway: RunningGateway,
    session: Session | None = None,
    *,
    path: str = "/ws",
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> AsyncIterator[Talk]:
    token = {"x-session-token": session.token.text} if session else {}
    url = gateway.url(path)
    async with connect(url, additional_headers={**token, **(headers or {})}, max_size=None, **options) as socket:
        yield Talk(socket)

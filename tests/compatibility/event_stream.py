"""`/events` as it comes: names, ids, comments and hints, none interpreted away."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

_PATIENCE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One block of the stream. `text` is all of it; `name` is empty for a block of comments or hints only."""

    text: str
    name: str = ""
    data: str = ""
    id: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def params(self) -> Any:
        return self.json["params"]


def parsed(block: str) -> Event:
    fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
    return Event(text=block, name=fields.get("event", ""), data=fields.get("data", ""), id=fields.get("id", ""))


class EventStream:
    """Read by a task of its own."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._blocks: asyncio.Queue[Event | None] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        waiting = ""
        try:
            async for text in self.response.aiter_text():
                *blocks, waiting = (waiting + text).split("\n\n")
                for block in blocks:
                    self._blocks.put_nowait(parsed(block))
        finally:
            self._blocks.put_nowait(None)

    async def block(self) -> Event | None:
        """The next block, whatever it holds; None at the end of the stream."""
        async with asyncio.timeout(_PATIENCE):
            return await self._blocks.get()

    async def next(self, name: str = "", **params: object) -> Event:
        """The next event of this name, pings and others passed over, whose params hold these."""
        while (event := await self.block()) is not None:
            named = event.name == name if name else event.name not in ("", "ping")
            if named and all(event.params.get(key) == value for key, value in params.items()):
                return event
        raise AssertionError(f"the stream ended before {name or 'an event'}")

    async def rest(self) -> list[Event]:
        """Everything up to the end, which must come."""
        events = []
        while (event := await self.block()) is not None:
            events.append(event)
        return events

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.wait((self._reading,))
        await self.response.aclose()


@asynccontextmanager
async def events(client: httpx.AsyncClient, token: str, **parameters: str) -> AsyncIterator[EventStream]:
    """Open as the existing pages open it: everything in the query, nothing in the headers."""
    request = client.build_request(
        "GET",
        "/events",
        params={"session_token": token, **parameters},
        headers={"accept": "text/event-stream"},
        timeout=httpx.Timeout(20, read=None),
    )
    request.headers.pop("authorization", None)
    stream = EventStream(await client.send(request, stream=True))
    try:
        yield stream
    finally:
        await stream.close()


@asynccontextmanager
async def opened(client: httpx.AsyncClient, token: str, **parameters: str) -> AsyncIterator[tuple[EventStream, Any]]:
    """The stream behind its init frame and first ping, and the `result` of the init frame."""
    async with events(client, token, **parameters) as stream:
        init = await stream.block()
        ping = await stream.block()
        assert init is not None
        assert ping is not None
        assert ping.name == "ping"
        yield stream, init.json["result"]

"""A page that waits for results, with all that it was told."""

import asyncio
from dataclasses import dataclass, field

import httpx
import msgspec


@dataclass(frozen=True, slots=True)
class Received:
    id: str
    event: str
    data: dict[str, object]

    @property
    def params(self) -> dict[str, object]:
        params = self.data.get("params")
        return params if isinstance(params, dict) else {}


@dataclass(slots=True)
class Browser:
    """Resumes by the last event id, as EventSource does. `resets` counts the times it was told to look again."""

    token: str
    client_id: str | None = None
    last_id: str | None = None
    frames: list[Received] = field(default_factory=list)
    resets: int = 0
    _reading: asyncio.Task[None] | None = None
    _abandoned: list[asyncio.Task[None]] = field(default_factory=list)

    async def connect(self, url: str) -> None:
        """Returns when the init frame is there, or after the attempt has failed."""
        await self.drop()
        known = asyncio.Event()
        self._reading = asyncio.ensure_future(self._read(url, known))
        waiting = asyncio.ensure_future(known.wait())
        await asyncio.wait((self._reading, waiting), timeout=5, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    @property
    def is_connected(self) -> bool:
        return self._reading is not None and not self._reading.done()

    async def drop(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None

    def abandon(self) -> None:
        """Stops reading without a word to the other side: what comes on the old connection is never seen."""
        if self._reading is not None:
            self._abandoned.append(self._reading)
            self._reading = None

    async def close(self) -> None:
        await self.drop()
        for task in self._abandoned:
            task.cancel()
        await asyncio.gather(*self._abandoned, return_exceptions=True)

    async def _read(self, url: str, known: asyncio.Event) -> None:
        mine = asyncio.current_task()
        query = {"session_token": self.token} | ({"client_id": self.client_id} if self.client_id else {})
        headers = {"last-event-id": self.last_id} if self.last_id else {}
        async with httpx.AsyncClient(timeout=httpx.Timeout(5, read=None)) as client:
            async with client.stream("GET", f"{url}/events", params=query, headers=headers) as response:
                name = identity = ""
                async for line in response.aiter_lines():
                    if self._reading is not mine:
                        await asyncio.sleep(3600)  # abandoned: the page is gone, the connection is not
                    key, _, value = line.partition(": ")
                    if key == "event":
                        name = value
                    elif key == "id":
                        identity = value
                    elif key == "data":
                        self._take(identity, name, msgspec.json.decode(value))
                        known.set()
                    elif not line:
                        name = identity = ""

    def _take(self, identity: str, name: str, data: dict[str, object]) -> None:
        if name == "message":
            result = data["result"]
            assert isinstance(result, dict)
            if self.client_id not in (None, result["clientId"]):
                self.resets += 1  # another client: the page knows that it has to look again
            self.client_id = result["clientId"]
        elif name == "reset":
            self.resets += 1
        elif name.startswith("playbook/"):
            self.frames.append(Received(identity, name, data))
        if identity:
            self.last_id = identity

"""An SSE driver: many streams in one process, read by bare protocols."""

import asyncio
import resource
import time
from collections.abc import Callable

_REQUEST = b"GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n\r\n"


class Stream(asyncio.Protocol):
    """Counts frames. `taken` is called with each chunk after the init frame."""

    def __init__(self, token: str, opened: Callable[["Stream"], None]) -> None:
        self.token = token
        self._opened = opened
        self.client_id = ""
        self.frames = 0
        self.taken: Callable[[bytes], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(_REQUEST % self.token.encode())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if not self.client_id:
            place = data.find(b'"clientId":"')
            if place >= 0:
                self.client_id = data[place + 12 : data.index(b'"', place + 12)].decode()
                self._opened(self)
            return
        self.frames += data.count(b"event: playbook/")
        if self.taken is not None:
            self.taken(data)


async def open_streams(port: int, tokens: list[str], count: int, at_a_time: int = 200) -> tuple[list[Stream], float]:
    """The streams, and how many were accepted per second."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count * 2 + 1000)), hard))
    loop = asyncio.get_running_loop()
    streams: list[Stream] = []
    started = time.perf_counter()
    gate = asyncio.Semaphore(at_a_time)

    async def one(number: int) -> None:
        token = tokens[number % len(tokens)]
        async with gate:
            opened: asyncio.Future[Stream] = loop.create_future()
            await loop.create_connection(lambda: Stream(token, opened.set_result), "127.0.0.1", port)
            streams.append(await asyncio.wait_for(opened, 30))

    await asyncio.gather(*(one(number) for number in range(count)))
    return streams, count / (time.perf_counter() - started)


def close(streams: list[Stream]) -> None:
    for stream in streams:
        stream.transport.close()


async def arrived(streams: list[Stream], frames: int, seconds: float = 15.0) -> int:
    """Frames of all `streams` so far, once there are `frames` of them or the time is over."""
    deadline = time.perf_counter() + seconds
    while True:
        found = sum(stream.frames for stream in streams)
        if found >= frames or time.perf_counter() >= deadline:
            return found
        await asyncio.sleep(0.02 if len(streams) > 100 else 0.001)

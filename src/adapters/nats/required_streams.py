"""The streams that must be there, on whatever server the process is connected to."""

import asyncio
from collections.abc import Iterator

from adapters.nats.link import Link
from adapters.nats.provisioning import ensure
from adapters.nats.streams import Stream, StreamSpec
from adapters.nats.waiting import first_of
from domain.errors import StoreUnavailable


class RequiredStreams:
    def __init__(self) -> None:
        self._streams: list[Stream] = []
        self._unready = asyncio.Event()

    def require(self, spec: StreamSpec) -> Stream:
        for known in self._streams:
            if known.name == spec.name:
                return known
        stream = Stream(spec)
        self._streams.append(stream)
        self._unready.set()
        return stream

    def doubt(self, stream: Stream) -> None:
        stream.ready.clear()
        self._unready.set()

    def lost(self) -> None:
        """Another connection may lead to another server, or to one that has forgotten."""
        for stream in self._streams:
            stream.ready.clear()

    def troubles(self) -> Iterator[str]:
        for stream in self._streams:
            if not stream.ready.is_set():
                yield stream.trouble or f"NATS has not told about the stream {stream.name} yet"

    async def ensure_all(self, link: Link) -> bool:
        """One try for those that are not known to be there; whether all are."""
        self._unready.clear()
        await asyncio.gather(*(ensure(link, stream) for stream in self._streams if not stream.ready.is_set()))
        return all(stream.ready.is_set() for stream in self._streams)

    async def until_doubted(self) -> None:
        """Returns when another one is required, or one that was there seems to be gone."""
        await self._unready.wait()


async def until_ready(stream: Stream, link: Link, timeout: float) -> None:
    """Raises StoreUnavailable when the stream is not there in time, or the connection is lost meanwhile."""
    await first_of(stream.ready, link.lost, timeout=timeout)
    if not stream.ready.is_set() or link.lost.is_set():
        raise StoreUnavailable

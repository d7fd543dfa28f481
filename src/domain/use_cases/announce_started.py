from dataclasses import dataclass

from domain.ports.client_streams import ClientStreams
from domain.use_cases.execute_playbook import Started


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceStarted:
    """To be called once the response that names the request has been written: its frames may go now (wire 4.6)."""

    streams: ClientStreams

    async def __call__(self, started: Started) -> None:
        if started.request_id is not None and started.client_id is not None:
            await self.streams.announce(started.client_id, started.request_id)

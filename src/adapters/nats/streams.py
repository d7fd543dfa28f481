"""The streams that the adapters need, as JetStream wants them described."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from adapters.nats.options import NatsStorage
from adapters.nats.stream_info import StreamInfo

_NANO = 1_000_000_000
_OWN_BUCKET_BYTES = 128 * 1024 * 1024
_BULK_READS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """`ours`: an existing stream is brought in line with `config`, otherwise it is used as it is found."""

    name: str
    config: Mapping[str, object]
    ours: bool = True


class Stream:
    """A stream that was asked for: `ready` while the connected server is known to have it."""

    def __init__(self, spec: StreamSpec) -> None:
        self.spec = spec
        self.name = spec.name
        self.ready = asyncio.Event()
        self.info: StreamInfo | None = None
        self.trouble: str | None = None
        self.recreated: Callable[[], None] | None = None
        """Called when the stream turns out to be another one of the same name: its history is gone."""
        self.bulk_reads = asyncio.Semaphore(_BULK_READS)
        """For reads of many messages; who waits is served in turn."""

    def found(self, info: StreamInfo) -> None:
        before, self.info = self.info, info
        self.trouble = None
        self.ready.set()
        if before is not None and before.created != info.created and self.recreated is not None:
            self.recreated()

    @property
    def is_replicated(self) -> bool:
        """Then a read may be answered by a replica that is a moment behind."""
        return self.info is not None and self.info.config.num_replicas > 1


def bucket_spec(
    bucket: str,
    storage: NatsStorage,
    *,
    ttl: float,
    description: str,
    value_bytes: int,
    ours: bool,
    bounds: Mapping[str, object] = MappingProxyType({}),
) -> StreamSpec:
    """A key-value bucket in the layout of wire 2.3. `ttl` in seconds; `bounds`: members that differ from it."""
    name = f"KV_{bucket}"
    return StreamSpec(
        name=name,
        ours=ours,
        config={
            "name": name,
            "description": description,
            "subjects": [f"$KV.{bucket}.>"],
            "max_msgs_per_subject": 1,
            "max_msg_size": value_bytes,
            "max_age": _nanoseconds(ttl),
            "duplicate_window": min(_nanoseconds(ttl), 120 * _NANO),
            "discard": "new",
            "allow_direct": True,
            "allow_rollup_hdrs": True,
            "deny_delete": True,
            **_placed(storage),
            **bounds,
        },
    )


def client_stream_spec(storage: NatsStorage) -> StreamSpec:
    """The history of all clients; what is stored is republished to whoever serves the client."""
    return StreamSpec(
        name=storage.client_stream,
        config={
            "name": storage.client_stream,
            "description": "Frames for the gateway's clients",
            "subjects": [f"{CLIENTS}.>"],
            "republish": {"src": f"{CLIENTS}.>", "dest": f"{LIVE}.>"},
            "max_age": _nanoseconds(storage.request_ttl),
            "duplicate_window": _nanoseconds(min(storage.duplicate_window, storage.request_ttl)),
            "max_msgs_per_subject": storage.frames_per_client,
            "max_bytes": storage.stream_bytes,
            "discard": "old",
            "allow_direct": True,
            **_placed(storage),
        },
    )


def client_bucket_spec(storage: NatsStorage) -> StreamSpec:
    return bucket_spec(
        storage.client_bucket,
        storage,
        ttl=storage.client_ttl,
        description="Who opened which client, what has reached it, and who serves it",
        value_bytes=512,
        ours=True,
        bounds={"max_bytes": _OWN_BUCKET_BYTES, "discard": "old"},  # full, it forgets who came first
    )


def result_bucket_spec(storage: NatsStorage) -> StreamSpec:
    """An object store for results that do not fit into a message; kept a little longer than what names them."""
    name = f"OBJ_{storage.result_bucket}"
    return StreamSpec(
        name=name,
        config={
            "name": name,
            "description": "Results too large for one message",
            "subjects": [f"$O.{storage.result_bucket}.C.>", f"$O.{storage.result_bucket}.M.>"],
            "max_age": _nanoseconds(storage.request_ttl + 60),
            "max_bytes": storage.result_bytes,
            "discard": "old",
            "allow_direct": True,
            "allow_rollup_hdrs": True,
            **_placed(storage),
        },
    )


CLIENTS = "noetl.gateway.clients"
LIVE = "noetl.gateway.live"


def _placed(storage: NatsStorage) -> dict[str, object]:
    return {"retention": "limits", "storage": storage.storage.value, "num_replicas": storage.replicas}


def _nanoseconds(seconds: float) -> int:
    return int(seconds * _NANO)

"""What a client may do to a connection."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """Sizes in bytes, times in seconds.

    `head_bytes`: request line and headers; 431 past it, and past `header_count` headers.
    `head_secs`: from the first byte of a head to its last; 408 past it. A connection that never sends is closed then.
    `body_secs`: the longest silence within a body, and `body_bytes_per_sec` what buys more time; 408 past it.
    `send_secs`: the longest time in which a client takes nothing of what waits for it; it is cut off then.
    `keep_alive_secs`: how long an idle connection is kept. Longer than what stands in front keeps its own, or that
        one meets a connection that is just being closed.
    `pipelined`: requests that may wait behind the one being answered.
    `message_bytes`: the longest message of a WebSocket; 1009 past it.
    `allowed_hosts`: names without port, `*.example.com` for all below one, empty for any; 421 for others.
    `any_host_paths`: probes name an address as their host; these paths answer whatever the host.
    """

    head_bytes: int = 32_768
    header_count: int = 100
    head_secs: float = 10.0
    body_secs: float = 30.0
    body_bytes_per_sec: int = 500
    send_secs: float = 30.0
    keep_alive_secs: float = 75.0
    pipelined: int = 64
    message_bytes: int = 2_097_152
    allowed_hosts: tuple[str, ...] = ()
    any_host_paths: frozenset[bytes] = frozenset({b"/health", b"/ready"})

    @property
    def shortest_secs(self) -> float:
        return min(self.head_secs, self.body_secs, self.send_secs, self.keep_alive_secs)

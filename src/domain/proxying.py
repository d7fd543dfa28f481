"""Requests on their way to NoETL and the answers on their way back."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Lower-case names and values as received, in order, repeated names allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    """`base_url` is one of the configured NoETL servers (`http://host:port` and an optional path prefix);
    `target` is the path and query that follow it, already encoded, starting with a slash.

    `body` yields chunks; None sends none. `content_length` in bytes, None sends the body chunked.
    """

    method: str
    base_url: str
    target: bytes
    headers: Headers
    body: AsyncIterator[bytes] | None = None
    content_length: int | None = None


@dataclass(slots=True, kw_only=True)
class UpstreamResponse:
    """`body` yields chunks as they arrive; it raises like `Upstream.send` when the answer breaks off.

    `headers` holds no hop-by-hop header; `content-length` is there when the server sent it.
    """

    status: int
    headers: Headers
    body: AsyncIterator[bytes]

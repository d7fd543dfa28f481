"""Which headers pass the proxy, in both directions (wire 7.1, 7.2, D11, D53)."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from domain.proxying import Headers

_TO_NOETL = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"baggage",
        b"content-encoding",
        b"content-type",
        b"idempotency-key",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"last-event-id",
        b"range",
        b"traceparent",
        b"tracestate",
    }
)
_TO_CLIENT = frozenset(
    {
        b"accept-ranges",
        b"age",
        b"cache-control",
        b"content-disposition",
        b"content-encoding",
        b"content-language",
        b"content-length",
        b"content-range",
        b"content-type",
        b"deprecation",
        b"etag",
        b"expires",
        b"last-modified",
        b"link",
        b"retry-after",
        b"sunset",
        b"vary",
        b"www-authenticate",
    }
)
_OURS = frozenset(
    {
        b"x-client-ip",
        b"x-cluster-client-ip",
        b"x-http-method",
        b"x-http-method-override",
        b"x-method-override",
        b"x-original-host",
        b"x-original-uri",
        b"x-original-url",
        b"x-rewrite-url",
    }
)
_OUR_FAMILIES = (
    b"x-auth-",
    b"x-authenticated-",
    b"x-envoy-",
    b"x-forwarded",
    b"x-real-ip",
    b"x-remote-",
    b"x-request-id",
    b"x-session-token",
    b"x-user",
)
_UNLIKE_LETTERS = re.compile(rb"[^a-z0-9]+")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@lru_cache(maxsize=2048)
def passes_to_noetl(name: bytes) -> bool:
    """`name` in lower case. Identity and routing headers are the gateway's own in every spelling: servers that
    take `_`, `.` or the like for `-` must not be fooled either.
    """
    if name in _TO_NOETL:
        return True
    return name.startswith(b"x-") and name.islower() and not _is_ours(_UNLIKE_LETTERS.sub(b"-", name))


def _is_ours(name: bytes) -> bool:
    return name in _OURS or name.startswith(_OUR_FAMILIES)


@lru_cache(maxsize=2048)
def passes_to_client(name: bytes) -> bool:
    return name in _TO_CLIENT or (name.startswith(b"x-") and not name.startswith(b"x-accel-"))


def to_noetl(received: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [
        (name, value)
        for name, value in received
        if passes_to_noetl(name) and (name != b"traceparent" or _TRACEPARENT.fullmatch(value))
    ]


def to_client(answered: Headers, base_url: str) -> list[tuple[bytes, bytes]]:
    """`base_url`: the server that answered, for redirects into its API lead back through the gateway (D31)."""
    passed = [(name, value) for name, value in answered if passes_to_client(name)]
    passed.extend(_locations(answered, base_url))
    return passed


def _locations(answered: Headers, base_url: str) -> Iterator[tuple[bytes, bytes]]:
    for name, value in answered:
        if name in (b"location", b"content-location"):
            path = value.removeprefix(base_url.encode()).removeprefix(_prefix_of(base_url))
            if path.startswith(b"/api/"):
                yield name, b"/noetl/" + path.removeprefix(b"/api/")


@lru_cache(maxsize=1024)
def _prefix_of(base_url: str) -> bytes:
    return urlsplit(base_url).path.encode()

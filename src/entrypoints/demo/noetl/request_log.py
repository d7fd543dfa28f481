"""Every request that the simulated server received, for the assertions of tests."""

from collections import deque
from collections.abc import Iterator

import msgspec

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.json_types import JsonValue


class RequestLog:
    """The newest requests, oldest first, bytes as they came; bounded in number and in bytes of their bodies."""

    def __init__(self, *, most_requests: int = 1000, most_bytes: int = 64 << 20) -> None:
        self._requests: deque[Request] = deque()
        self._most_requests = most_requests
        self._most_bytes = most_bytes
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[Request]:
        return iter(self._requests)

    def add(self, request: Request) -> None:
        self._requests.append(request)
        self._bytes += len(request.body)
        while len(self) > self._most_requests or (self._bytes > self._most_bytes and len(self) > 1):
            self._bytes -= len(self._requests.popleft().body)

    def clear(self) -> None:
        self._requests.clear()
        self._bytes = 0

    @property
    def last(self) -> Request:
        return self._requests[-1]

    def to(self, path: str, *, method: str | None = None) -> list[Request]:
        """The requests to this path (as sent, without the query)."""
        return [r for r in self._requests if r.path == path and method in {None, r.method}]

    def bodies(self, path: str) -> list[JsonValue]:
        """The decoded JSON bodies of the requests to this path."""
        return [msgspec.json.decode(request.body) for request in self.to(path) if request.body]

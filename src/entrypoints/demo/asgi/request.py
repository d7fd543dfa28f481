"""One HTTP request, read completely."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from litestar.types import Receive
from litestar.types.asgi_types import HTTPScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    raw_path: bytes
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What the placeholders of the route's pattern stand for, percent-decoded."""

    @property
    def path(self) -> str:
        """The path as sent, still percent-encoded."""
        return self.raw_path.decode("latin-1")

    def header(self, name: str) -> str | None:
        """The first value of a header; names are compared without case."""
        wanted = name.lower().encode("latin-1")
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), None)

    def argument(self, name: str) -> str | None:
        """The first value of a query parameter."""
        return self.arguments().get(name)

    def arguments(self) -> dict[str, str]:
        return _first_values(self.query)

    def form(self) -> dict[str, str]:
        """The fields of an `application/x-www-form-urlencoded` body."""
        return _first_values(self.body)

    def bearer_token(self) -> str | None:
        scheme, _, token = (self.header("authorization") or "").partition(" ")
        return token if scheme == "Bearer" and token else None


def _first_values(encoded: bytes) -> dict[str, str]:
    pairs = parse_qsl(encoded.decode("latin-1"), keep_blank_values=True)
    return dict(reversed(pairs))


async def read_request(scope: HTTPScope, receive: Receive) -> Request:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message["body"]
        if not message["more_body"]:
            break
    return Request(
        method=scope["method"],
        raw_path=scope["raw_path"],
        query=scope["query_string"],
        headers=tuple(scope["headers"]),
        body=bytes(body),
    )

"""The requests of a connection as h11 reads them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import h11

Read = tuple[str, bytes, list[tuple[bytes, bytes]], bytes]
"""Method, target, headers and body."""


def requests_in(data: bytes) -> Iterator[Read]:
    """The whole ones, until the first that is not.

    Empty lines before one are skipped, and blanks in its first line are one, as RFC 9112 (2.2, 3) allows.
    """
    while data := data.lstrip(b"\r\n"):
        line, end, rest = data.partition(b"\r\n")
        data = re.sub(b" +", b" ", line) + end + rest
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        connection.receive_data(data)
        request = _request(connection)
        if request is None:
            return
        yield request.read
        if request.is_last:
            return
        data = connection.trailing_data[0]


@dataclass(frozen=True, slots=True)
class _Request:
    head: h11.Request
    body: bytes

    @property
    def read(self) -> Read:
        return self.head.method.decode(), self.head.target, list(self.head.headers), self.body

    @property
    def is_last(self) -> bool:
        """h11 says so as well, but not of a request that asks for another protocol."""
        options = b",".join(value for name, value in self.head.headers if name == b"connection").lower().split(b",")
        return self.head.http_version == b"1.0" or b"close" in [option.strip() for option in options]


def _request(connection: h11.Connection) -> _Request | None:
    try:
        head = connection.next_event()
        if not isinstance(head, h11.Request):
            return None
        body = b""
        while isinstance(event := connection.next_event(), h11.Data):
            body += event.data
    except h11.RemoteProtocolError:
        return None
    return _Request(head, body) if isinstance(event, h11.EndOfMessage) else None

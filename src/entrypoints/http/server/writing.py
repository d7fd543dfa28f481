"""How a response gets onto the connection: head and beginning of the body in one write, each of which is a call to
the kernel. uvicorn writes them apart, and looks at every header twice.
"""

import asyncio
import re
from collections.abc import Iterable
from functools import lru_cache

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

_NOT_IN_NAME = re.compile(rb'[\x00-\x1f\x7f()<>@,;:\[\]={} \t\\"]')
_NOT_IN_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING = frozenset((b"connection", b"content-length", b"transfer-encoding"))
_WITHOUT_BODY = (204, 304)


class WritingCycle(RequestResponseCycle):
    _head = b""
    """What is written with the first of the body, or by the loop's next turn if that does not come at once."""

    closes = False
    """The connection ends with this response."""

    async def send(self, message: ASGISendEvent) -> None:
        """Raises RuntimeError for what is no response, or not the one that its head has announced."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if message["type"] == "http.response.start" and not self.response_started:
            self.response_started = True
            self.waiting_for_100_continue = False
            self._head = self._written_head(message["status"], message.get("headers", ()))
            asyncio.get_running_loop().call_soon(self.flush)
        elif message["type"] == "http.response.body" and self.response_started and not self.response_complete:
            self._put(message.get("body", b""), last=not message.get("more_body", False))
        else:
            raise RuntimeError(f"The application sent {message['type']!r} where it has no place.")

    def flush(self) -> None:
        if head := self.take_head():
            self.transport.write(head)

    def take_head(self) -> bytes:
        """What has to be written before anything else of this response."""
        head, self._head = self._head, b""
        return b"" if self.disconnected or self.transport.is_closing() else head

    def complete(self) -> None:
        """What `send` does after the last byte."""
        self.response_complete = True
        self.message_event.set()
        self.on_response()

    def _put(self, body: bytes, *, last: bool) -> None:
        if self.scope["method"] == "HEAD":
            self.expected_content_length, body = 0, b""
        elif self.chunked_encoding:
            body = _chunk(body, last=last)
        elif len(body) > self.expected_content_length:
            raise RuntimeError("Response content longer than Content-Length")
        else:
            self.expected_content_length -= len(body)
        if self._head:
            body = self.take_head() + body
        if body:
            self.transport.write(body)
        if last:
            if self.expected_content_length:
                raise RuntimeError("Response content shorter than Content-Length")
            self.complete()

    def _written_head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        fields = [*self.default_headers, *headers]
        if _NOT_IN_VALUE.search(b"".join([value for _, value in fields])):
            raise RuntimeError("Invalid HTTP header value.")
        lines = [STATUS_LINE[status]]
        says_close = False
        for given, value in fields:
            name = _checked_name(given)
            if name in _FRAMING:
                says_close = self._frame(name, value) or says_close
            lines += (name, b": ", value, b"\r\n")
        if self.closes and not says_close:
            lines.append(b"connection: close\r\n")
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in _WITHOUT_BODY:
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        if status in _WITHOUT_BODY:
            self.expected_content_length = 0  # a 304 may say how long the whole would be (RFC 9110, 8.6)
        lines.append(b"\r\n")
        return b"".join(lines)

    def _frame(self, name: bytes, value: bytes) -> bool:
        """Takes note of how the body is framed. Whether the header says that the connection ends."""
        if name == b"content-length" and self.chunked_encoding is None:
            self.expected_content_length = int(value)
            self.chunked_encoding = False
        elif name == b"transfer-encoding" and value.lower() == b"chunked":
            self.expected_content_length = 0
            self.chunked_encoding = True
        elif name == b"connection" and b"close" in [token.strip() for token in value.lower().split(b",")]:
            self.closes = True
            return True
        return False


def _chunk(body: bytes, *, last: bool) -> bytes:
    framed = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    return framed + b"0\r\n\r\n" if last else framed


@lru_cache(maxsize=1024)
def _checked_name(name: bytes) -> bytes:
    if _NOT_IN_NAME.search(name):
        raise RuntimeError("Invalid HTTP header name.")
    return name.lower()

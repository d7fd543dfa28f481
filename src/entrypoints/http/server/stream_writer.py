"""Writing to a response without waiting, for applications that would else need a queue and a task per stream."""

import asyncio
import fcntl
import termios

from entrypoints.http.server.cycle import Afterwards, GatewayCycle


def all_acknowledged(transport: asyncio.Transport) -> bool:
    """Whether nothing that was written is still on its way to the other end of the connection."""
    if transport.get_write_buffer_size():
        return False
    try:
        unacknowledged = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
    except OSError:
        return False
    return unacknowledged == bytes(4)


class StreamWriter:
    """The body of a response that has been started without a content-length."""

    # What each write looks at is kept here: with thousands of streams, each further object is a wait for memory.
    __slots__ = ("_chunked", "_cycle", "_has_body", "_head_waits", "_over", "_transport")

    def __init__(self, cycle: GatewayCycle) -> None:
        """Raises RuntimeError when the response has not been started, or has announced its length."""
        if not cycle.response_started:
            raise RuntimeError("start the response before writing to it")
        self._cycle = cycle
        self._transport: asyncio.Transport = cycle.transport
        self._has_body = cycle.scope["method"] != "HEAD"
        self._chunked = bool(cycle.chunked_encoding)
        if self._has_body and not self._chunked and not cycle.until_close:
            raise RuntimeError("a response of announced length is not a stream")
        self._head_waits = True
        self._over = cycle.response_complete or cycle.disconnected
        cycle.on_over = self._end

    @property
    def pending_bytes(self) -> int:
        """What the kernel has not taken yet."""
        return self._transport.get_write_buffer_size()

    @property
    def all_received(self) -> bool:
        """Whether the client's kernel, or a proxy's before it, has acknowledged everything that was written."""
        return not self.is_closing and all_acknowledged(self._transport)

    @property
    def is_closing(self) -> bool:
        """Nothing that is written from now on reaches the client."""
        return self._over or self._transport.is_closing()

    def write(self, chunk: bytes) -> None:
        """Sends `chunk` at once; does nothing when the client has left or the response is over."""
        if not chunk or not self._has_body or self.is_closing:
            return
        framed = b"%x\r\n%b\r\n" % (len(chunk), chunk) if self._chunked else chunk
        if self._head_waits:
            self._head_waits = False
            framed = self._cycle.take_head() + framed
        self._transport.write(framed)

    def finish(self) -> None:
        """Ends the response after what was written; the connection goes on to the next request."""
        if self.is_closing:
            return
        self._cycle.flush()
        if self._chunked and self._has_body:
            self._transport.write(b"0\r\n\r\n")
        self._cycle.complete()

    def _end(self) -> None:
        self._over = True

    def abort(self) -> None:
        """Drops what has not been sent, and the connection with it."""
        self._transport.abort()

    def outlive(self, afterwards: Afterwards) -> bool:
        """Lets the application return while the response goes on; `afterwards` runs once `gone` would return."""
        self._cycle.outlive(afterwards)
        return True

    async def gone(self) -> None:
        """Waits until the client has left or the response is over."""
        while (await self._cycle.receive())["type"] != "http.disconnect":
            pass

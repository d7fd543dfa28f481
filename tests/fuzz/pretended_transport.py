"""A connection to nobody: it keeps what is written, and closes when it is told to."""

import asyncio


class EndedTls:
    """As after the peer's close_notify: the end of input is the peer's own word."""

    def read(self, _size: int) -> bytes:
        return b""


class PretendedTransport(asyncio.Transport):
    """`ended`: the sending side is closed, or all of it."""

    def __init__(self) -> None:
        super().__init__({"ssl_object": EndedTls()})
        self.written = bytearray()
        self.ended = False
        self._closing = False

    def write(self, data: "bytes | bytearray | memoryview[int]") -> None:
        assert not self.ended
        self.written += data

    def write_eof(self) -> None:
        self.ended = True

    def can_write_eof(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        """What arrives nevertheless has been read before."""

    def resume_reading(self) -> None:
        """See `pause_reading`."""

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self.ended = self._closing = True

    def abort(self) -> None:
        self.close()

import asyncio
import select


class SocketProbe:
    """Asks the kernel whether a plain connection has anything to read: data, end or error (about 0.3 us).

    Says nothing about TLS, where session tickets may arrive at any time, nor where there is no poll().
    """

    __slots__ = ("_poll",)

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self._poll = None
        if transport.get_extra_info("ssl_object") is None and hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def quiet(self) -> bool:
        return self._poll is None or not self._poll.poll(0)

"""nats-py's client, made to be given up.

Its own reconnecting is off: it resends what callers were told had failed, waits for ever on a half-open
connection with unsent bytes, closes for good on most server errors, and restores nothing then. Here a connection
that is lost stays lost, and `NatsConnection` makes a new one.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

log = logging.getLogger(__name__)
_PLAIN_HEADERS = b"NATS/1.0\r\n"
"""Without a status, which is how nearly all begin."""
_BLANKS = " \t\n\r\x0b\x0c"


class OneConnection(Client):
    """`on_lost` is called as soon as the connection is known to be gone, at least once, with the reason.

    `last_cause`: the newest error that nats-py reported aside; what it raises says less.
    """

    def __init__(self, *, require_tls: bool) -> None:
        super().__init__()
        self.on_lost: Callable[[str], None] | None = None
        self._require_tls = require_tls
        self.last_cause: Exception | None = None
        self._takers: dict[int, Callable[[Msg], None]] = {}

    @property
    def heard_nothing(self) -> bool:
        """Did a server take the connection, and say nothing?"""
        return bool(self._transport) and not self._server_info

    @property
    def is_encrypted(self) -> bool:
        writer = self._writer
        return writer is not None and writer.get_extra_info("sslcontext") is not None

    async def listen(self, subject: str, queue: str, take: Callable[[Msg], None]) -> Subscription:
        """Like `subscribe`, but without the queue and the task that nats-py puts between: what this process is too
        slow for waits in the socket, until the server ends the connection. What `take` raises is logged.
        """
        subscription = await self.subscribe(subject, queue=queue)
        self._takers[subscription._id] = take
        while not subscription._pending_queue.empty():
            self._hand_over(subscription._pending_queue.get_nowait(), take)
        return subscription

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        self._takers.pop(sid, None)
        super()._remove_sub(sid, max_msgs)

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        take = self._takers.get(sid)
        if take is None:
            await super()._process_msg(sid, subject, reply, data, headers)
            return
        self.stats["in_msgs"] += 1
        self.stats["in_bytes"] += len(data)
        if headers and headers.startswith(_PLAIN_HEADERS):
            fields = self._parse_header_lines(headers[len(_PLAIN_HEADERS) :]) or None
        else:
            fields = await self._process_headers(headers)
        self._hand_over(self._build_message(sid, subject, reply, data, fields), take)

    @staticmethod
    def _hand_over(message: Msg, take: Callable[[Msg], None]) -> None:
        try:
            take(message)
        except Exception:
            # Without the subject, which may hold a token.
            log.exception("the handler of a message failed")

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        # nats-py would go on in the clear, credentials included, where the server does not ask for TLS.
        if initial_connection and self._require_tls and not info.get("tls_required"):
            raise errors.Error("nats: the server does not offer TLS, which the URL demands")
        await super()._process_info(info, initial_connection)

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        """nats-py's own takes longer than all the rest of a message: it looks at each character of each name."""
        headers: dict[str, str] = {}
        for line in raw.decode("utf-8", "replace").split("\r\n"):
            given, separator, value = line.partition(":")
            name = _header_name(given) if separator else None
            if name is not None:
                headers[name] = value.strip(_BLANKS)
        return headers

    async def _process_op_err(self, e: Exception) -> None:
        self.abandon(type(e).__name__)
        await super()._process_op_err(e)

    def abandon(self, reason: str) -> None:
        """Cuts the connection without waiting for anything; `close()` is quick afterwards."""
        if self.on_lost is not None:
            self.on_lost(reason)
        # Closing would first send what is pending and wait until it is out, which may be never.
        self._pending.clear()
        self._pending_data_size = 0
        if (writer := self._writer) is not None:
            writer.transport.abort()

    @property
    def _handshake_failed(self) -> bool:
        """A TLS handshake that fails keeps the connection to itself: its end would be waited for in vain."""
        writer = self._writer
        return writer is not None and not isinstance(writer.transport.get_protocol(), asyncio.StreamReaderProtocol)

    @property
    def _writer(self) -> asyncio.StreamWriter | None:
        writer = getattr(self._transport, "_io_writer", None)
        return writer if isinstance(writer, asyncio.StreamWriter) else None

    async def dismiss(self, patience: float) -> None:
        """Frees what the connection holds, within `patience` seconds, whatever state it is in."""
        self.abandon("given up")
        if self._handshake_failed:
            self._transport = None
        try:
            async with asyncio.timeout(patience):
                await self.close()
        except (TimeoutError, OSError, errors.Error, AssertionError) as error:
            log.debug("an abandoned NATS connection did not close cleanly: %s", type(error).__name__)


@lru_cache(maxsize=256)
def _header_name(given: str) -> str | None:
    """None for what is none: there are blanks in it, or letters that are not ASCII."""
    name = given.strip(_BLANKS)
    return None if not name.isascii() or any(letter.isspace() for letter in name) else name

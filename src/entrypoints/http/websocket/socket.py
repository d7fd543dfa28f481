"""One accepted WebSocket, from its first message to the reason of its end."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass

from entrypoints.http.asgi import Message, Receive, Scope, Send
from entrypoints.http.events.receipts import Connection
from entrypoints.http.events.writer import TRANSPORT
from entrypoints.http.websocket.outbox import Outbox

log = logging.getLogger(__name__)

GOING_AWAY = 1001
TOO_BIG = 1009
MISTAKE = 1011
TRY_AGAIN = 1013
_GOODBYE_SECONDS = 5.0
"""How long a peer has to take what waits for it, and the close frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """`code` and `reason` go to the peer, after `last_words`; `word` to the metrics."""

    code: int
    reason: str
    word: str = "left"
    last_words: bytes | None = None


LEFT = End(code=1000, reason="")
SLOW = End(code=TRY_AGAIN, reason="slow", word="slow")
_TOO_BIG = End(code=TOO_BIG, reason="message too big")
_MISTAKE = End(code=MISTAKE, reason="unexpected")


class PeerGone(Exception):
    """Nobody is there to send to."""


class Socket:
    """Messages go out without waiting; past `buffer_bytes` unsent the socket ends as SLOW, resumable.

    `message_bytes`: the longest message that the peer may send.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, buffer_bytes: int, message_bytes: int) -> None:
        self._transport: Connection | None = scope.get("extensions", {}).get(TRANSPORT)
        self._receive = receive
        self._asgi_send = send
        self._message_bytes = message_bytes
        self._ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._outbox = Outbox(self._send_text, buffer_bytes, lambda: self.end(SLOW))
        self.put = self._outbox.put
        self.written = self._outbox.written

    @property
    def all_received(self) -> bool:
        """Whether the other end has acknowledged everything; False where the server does not know."""
        return self._transport is not None and self._outbox.is_empty and self._transport.all_received

    def end(self, end: End) -> None:
        """The first reason counts."""
        if not self._ended.done():
            self._ended.set_result(end)

    async def next(self) -> str | bytes | None:
        """The next message, as text or binary; None when there will be none."""
        if self._ended.done():
            return None
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        content: str | bytes = text if text is not None else message.get("bytes") or b""
        if len(content) > self._message_bytes:
            self.end(_TOO_BIG)
            return None
        return content

    async def run(self, conversation: Coroutine[object, object, None]) -> End:
        """Until the conversation is over, the peer has left, or `end` is called."""
        talking = asyncio.ensure_future(conversation)
        sending = asyncio.ensure_future(self._outbox.run())
        try:
            await asyncio.wait((talking, sending, self._ended), return_when=asyncio.FIRST_COMPLETED)
            end = self._reason(talking, sending)
            await _cancelled(talking)
            if end is not LEFT:
                await self._say_goodbye(end)
            return end
        finally:
            await _cancelled(talking)
            await _cancelled(sending)
            self._outbox.close()

    async def refuse(self, end: End) -> None:
        """Ends the socket before any conversation."""
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                if end.last_words is not None:
                    await self._send_text(end.last_words.decode())
                await self._close(end)
        except (TimeoutError, PeerGone):
            log.debug("the peer of a WebSocket left before it was refused (%s)", end.reason)

    def _reason(self, talking: "asyncio.Future[None]", sending: "asyncio.Future[None]") -> End:
        if sending.done():
            return LEFT if isinstance(sending.exception(), PeerGone) else _mistake(sending)
        if self._ended.done():
            return self._ended.result()
        return LEFT if talking.exception() is None else _mistake(talking)

    async def _say_goodbye(self, end: End) -> None:
        if end.last_words is not None:
            self.put(end.last_words)
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._outbox.emptied()
                await self._close(end)
        except (TimeoutError, PeerGone):
            log.debug("a WebSocket ended (%s) without a word to its peer", end.reason)

    async def _close(self, end: End) -> None:
        await self._send({"type": "websocket.close", "code": end.code, "reason": end.reason})

    async def _send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _send(self, message: Message) -> None:
        try:
            await self._asgi_send(message)
        except OSError as error:  # what ASGI promises for a peer that has left
            raise PeerGone from error


def _mistake(failed: "asyncio.Future[None]") -> End:
    if isinstance(failed.exception(), PeerGone):
        return LEFT
    log.error("a WebSocket failed", exc_info=failed.exception())
    return _MISTAKE


async def _cancelled(task: "asyncio.Future[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

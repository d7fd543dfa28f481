"""One connection to NATS from its beginning to its end."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nats import errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from adapters.nats.client import OneConnection
from adapters.nats.replies import Replies, fail
from adapters.nats.waiting import first_of
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)
_RAISED_BY_NATS = (errors.Error, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Outgoing:
    subject: str
    payload: bytes = b""
    headers: Mapping[str, str] | None = None


class Link:
    """All operations raise StoreUnavailable when the connection is lost, refuses, or does not answer in time."""

    def __init__(self, client: OneConnection, request_timeout: float) -> None:
        self.client = client
        self.lost = asyncio.Event()
        self.why_lost = ""
        self._timeout = request_timeout
        self._replies = Replies(client.new_inbox())
        client.on_lost = self.mark_lost

    async def open(self) -> None:
        try:
            await self.client.listen(self._replies.pattern, "", self._replies.take)
        except _RAISED_BY_NATS as error:
            raise StoreUnavailable from error

    def mark_lost(self, reason: str) -> None:
        if not self.lost.is_set():
            self.why_lost = reason
            self.lost.set()
            self._replies.fail_all()

    async def close(self, patience: float) -> None:
        """Sends what was handed over, if that is possible within `patience` seconds, and frees everything."""
        try:
            if not self.lost.is_set():
                await self.client.flush(timeout=patience)  # type: ignore[arg-type]  # any number of seconds
        except _RAISED_BY_NATS as error:
            log.info("the last messages to NATS may not have arrived: %s", type(error).__name__)
        finally:
            await self.client.dismiss(patience)

    async def publish(
        self, subject: str, payload: bytes = b"", reply: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Hands over to the connection without waiting; that it arrived is not known."""
        if self.lost.is_set():
            raise StoreUnavailable
        try:
            await self.client.publish(subject, payload, reply, dict(headers) if headers else None)
        except _RAISED_BY_NATS as error:
            if self.client.is_closed:
                self.mark_lost("closed")
            raise StoreUnavailable from error

    async def request(
        self,
        subject: str,
        payload: bytes = b"",
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Msg:
        """One answer, which may be a status (`503` when nobody listens there). `timeout` in seconds."""
        if self.lost.is_set():
            raise StoreUnavailable
        reply, answer = self._replies.one()
        alarm = asyncio.get_running_loop().call_later(timeout or self._timeout, fail, answer)
        try:
            await self.publish(subject, payload, reply, headers)
            return await answer
        finally:
            alarm.cancel()
            self._replies.forget(reply)

    async def request_all(self, messages: Sequence[Outgoing]) -> list[Msg]:
        """One answer for each, as from `request`, with all questions sent before the first is answered."""
        if self.lost.is_set():
            raise StoreUnavailable
        asked = [self._replies.one() for _ in messages]
        alarm = asyncio.get_running_loop().call_later(self._timeout, _fail_all, asked)
        try:
            for message, (reply, _) in zip(messages, asked, strict=True):
                await self.publish(message.subject, message.payload, reply, message.headers)
            return [await answer for _, answer in asked]
        finally:
            alarm.cancel()
            for reply, _ in asked:
                self._replies.forget(reply)

    async def collect(self, subject: str, payload: bytes, is_last: Callable[[Msg], bool]) -> list[Msg]:
        """All answers up to the one that `is_last`, in order."""
        reply, answers = self._replies.many(is_last)
        try:
            async with asyncio.timeout(self._timeout):
                await self.publish(subject, payload, reply)
                return await answers
        except TimeoutError as error:
            raise StoreUnavailable from error
        finally:
            self._replies.forget(reply)

    async def settle(self) -> None:
        """Returns once the server has seen everything that was sent before."""
        reply, answer = self._replies.one()
        try:
            async with asyncio.timeout(self._timeout):
                await self.publish(reply)
                await answer
        except TimeoutError as error:
            raise StoreUnavailable from error
        finally:
            self._replies.forget(reply)

    async def subscribe(self, subject: str, queue: str, handler: Callable[[Msg], None]) -> Subscription:
        """`handler` is called as each message is read; it must not wait."""
        try:
            return await self.client.listen(subject, queue, handler)
        except _RAISED_BY_NATS as error:
            raise StoreUnavailable from error

    async def watch(self, interval: float, patience: float) -> None:
        """Returns when the connection is lost, which it also is once two pings of `patience` go unanswered."""
        while not self.lost.is_set():
            await first_of(self.lost, timeout=interval)
            if self.client.is_closed:
                self.mark_lost("closed")
            elif not self.lost.is_set() and not await self._answers(patience):
                self.mark_lost("silent")

    async def _answers(self, patience: float) -> bool:
        # The ping is never cancelled while the connection counts: a late pong then kills nats-py's read loop.
        ping = asyncio.ensure_future(self.client.rtt(timeout=3600))
        gone = asyncio.ensure_future(self.lost.wait())
        try:
            for _ in range(2):  # twice: this process may have been the one that was late
                await asyncio.wait((ping, gone), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                if ping.done() or gone.done():
                    break
            return ping.done() and not ping.cancelled() and ping.exception() is None
        finally:
            gone.cancel()
            if not ping.done():
                self.mark_lost("silent")
                ping.cancel()


def _fail_all(asked: "Sequence[tuple[str, asyncio.Future[Msg]]]") -> None:
    for _, answer in asked:
        fail(answer)

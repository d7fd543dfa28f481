"""The one connection to NATS that a process has, kept up for as long as it is open."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import Self

from nats.aio.msg import Msg

from adapters.nats.backoff import Backoff
from adapters.nats.dialer import CannotConnect, Dialer
from adapters.nats.link import Link
from adapters.nats.options import NatsOptions
from adapters.nats.required_streams import RequiredStreams, until_ready
from adapters.nats.server_check import trouble_of
from adapters.nats.streams import Stream, StreamSpec
from adapters.nats.subscriptions import Subscription, Subscriptions
from adapters.nats.supervisor import Supervisor
from adapters.nats.waiting import end
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)


class NatsConnection:
    """Opening never fails and never waits long: without a server it serves degraded and goes on trying.

    Whatever needs NATS raises StoreUnavailable at once while there is no connection, and within the request
    timeout when there is no answer. `supervisor` runs the adapters' background work.
    """

    def __init__(self, options: NatsOptions) -> None:
        """Raises ValueError for a malformed URL."""
        self._options = options
        self._subscriptions = Subscriptions()
        self._dialer = Dialer(options)
        self._streams = RequiredStreams()
        self._link: Link | None = None
        self._why_not = "NATS is not connected yet"
        self._server_trouble: str | None = None
        self._settled = asyncio.Event()
        self._up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._answers: set[asyncio.Task[None]] = set()
        self.supervisor = Supervisor()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._stay_connected(), name="nats connection")
        try:
            async with asyncio.timeout(self._options.opening_patience):
                await self._settled.wait()
        except TimeoutError:
            log.warning("NATS is slow to answer; serving without it for now")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        await self.supervisor.stop_all()
        await asyncio.gather(*self._answers)
        if self._task is not None:
            await end(self._task, 3 * self._options.closing_patience)

    def trouble(self) -> str | None:
        """What is wrong right now, for an operator, without secrets."""
        if self._link is None:
            return self._why_not
        found = [self._server_trouble, self._dialer.denied, *self._streams.troubles(), self.supervisor.trouble()]
        return "; ".join(text for text in found if text) or None

    @property
    def link(self) -> Link:
        """Raises StoreUnavailable while there is no connection."""
        if self._link is None or self._link.lost.is_set():
            raise StoreUnavailable
        return self._link

    @property
    def is_connected(self) -> bool:
        return self._link is not None and not self._link.lost.is_set()

    def require(self, spec: StreamSpec) -> Stream:
        """Declares a stream that has to exist; several may ask for the same. No I/O."""
        return self._streams.require(spec)

    async def ready(self, stream: Stream) -> Link:
        """The connection, once the stream is known to exist there. Raises StoreUnavailable."""
        link = self.link
        if not stream.ready.is_set():
            await until_ready(stream, link, self._options.request_timeout)
        return link

    def doubt(self, stream: Stream) -> None:
        """The stream seems to be gone, or without a leader: looked at again before it counts as ready."""
        self._streams.doubt(stream)

    async def links(self, *streams: Stream) -> AsyncIterator[Link]:
        """Each connection, as soon as it and the streams are there; the next one once that is lost."""
        while True:
            await self._up.wait()
            for stream in streams:
                await stream.ready.wait()
            link = self._link
            if link is None or link.lost.is_set():
                await asyncio.sleep(0.01)  # its loss is known here before it is marked
                continue
            yield link
            await link.lost.wait()

    async def request(
        self,
        subject: str,
        payload: bytes = b"",
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Msg:
        """See `Link.request`."""
        return await self.link.request(subject, payload, headers, timeout)

    async def publish(
        self, subject: str, payload: bytes = b"", reply: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """See `Link.publish`."""
        await self.link.publish(subject, payload, reply, headers)

    async def subscribe(self, subject: str, handler: Callable[[Msg], None]) -> Subscription:
        """Listens until closed, on this connection and all later ones; never fails. `handler` must not wait.

        What comes while a connection is lost is missed; so is nothing else, for a server that cannot get rid of
        what it has for this process ends the connection.
        """
        subscription = Subscription(subject, handler, self._subscriptions)
        await self._subscriptions.add(subscription, self._link)
        return subscription

    def answer(self, message: Msg, payload: bytes) -> None:
        """Replies in the background, if it can: whoever asked has a deadline of its own."""
        if message.reply:
            task = asyncio.create_task(self._answer(message.reply, payload))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)

    async def _answer(self, subject: str, payload: bytes) -> None:
        try:
            await self.publish(subject, payload)
        except StoreUnavailable:
            log.debug("an answer could not be sent")

    async def _stay_connected(self) -> None:
        backoff = Backoff(shortest=0.05, longest=self._options.longest_backoff)
        while not self._closing:  # a cancellation alone may get lost, see `end`
            try:
                link = await self._dialer.dial()
                await self._serve(link)
                backoff.reset()
            except CannotConnect as refused:
                log.log(logging.DEBUG if self._why_not == str(refused) else logging.WARNING, "%s", refused)
                self._why_not = str(refused)
            except Exception:
                log.exception("the NATS connection failed in an unexpected way")
            self._settled.set()
            if self._dialer.full_round and not self._closing:
                await asyncio.sleep(backoff.next())

    async def _serve(self, link: Link) -> None:
        self._link = link
        self._up.set()
        self._dialer.denied = None
        log.info("connected to NATS")
        preparing = asyncio.create_task(self._prepare(link), name="nats preparation")
        try:
            if not self._closing:
                await link.watch(self._options.ping_interval, self._options.ping_timeout)
        finally:
            self._link = None
            self._up.clear()
            self._streams.lost()
            self._why_not = f"NATS connection lost ({link.why_lost or 'closing'})"
            log.info("%s", self._why_not)
            await end(preparing)
            await link.close(self._options.closing_patience)

    async def _prepare(self, link: Link) -> None:
        try:
            await self._subscriptions.restore(link)
            await self._keep_streams(link)
        except Exception:
            log.exception("the NATS connection cannot be prepared and is made anew")
            link.mark_lost("not prepared")

    async def _keep_streams(self, link: Link) -> None:
        backoff = Backoff(shortest=0.1, longest=self._options.longest_backoff)
        while True:
            all_there = await self._streams.ensure_all(link)
            self._server_trouble = await trouble_of(link)  # also what is wrong with a server may pass
            self._settled.set()
            if all_there and self._server_trouble is None:
                backoff.reset()
                await self._streams.until_doubted()
            else:
                await asyncio.sleep(backoff.next())

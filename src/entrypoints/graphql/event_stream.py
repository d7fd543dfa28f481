"""GraphQL over server-sent events, a connection for each operation (graphql-sse: "distinct connections mode")."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass

import msgspec
from graphql import Executor

from domain.errors import SessionInvalid
from domain.frame_text import one_line
from domain.json_values import RawJson
from entrypoints.graphql.context import RequestContext
from entrypoints.graphql.engine import GraphQLEngine
from entrypoints.graphql.errors import plain_entry, unexpected_entry
from entrypoints.graphql.operations import run
from entrypoints.graphql.outcomes import Outcome
from entrypoints.graphql.subscriptions import Subscription
from entrypoints.http.asgi import Receive, Send
from entrypoints.http.events.open_stream import StreamGauge
from entrypoints.http.events.places import StreamPlaces
from entrypoints.http.events.writer import StreamWriter, open_writer
from entrypoints.http.stream_life import Ending, StreamLife

log = logging.getLogger(__name__)

_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
)
_KEEP_ALIVE_SECONDS = 15.0
_encode = msgspec.json.Encoder().encode


Prepared = Executor[None] | Subscription | Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLEventStreams:
    """A stream that ends without `complete` was interrupted: its client subscribes again, browsers by themselves."""

    engine: GraphQLEngine
    life: StreamLife
    places: StreamPlaces
    gauge: StreamGauge

    async def __call__(self, context: RequestContext, prepared: Prepared, receive: Receive, send: Send) -> None:
        """Raises TooManyRequests before it answers."""
        with self.places.place(context.session):
            await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
            if context.scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
                return
            stream = _Stream(open_writer(context.scope, receive, send), self.engine.buffer_bytes)
            stream.keep_alive()
            self.gauge.opened()
            with self.life.watch(context.session, stream.end, beat=stream.keep_alive, every=_KEEP_ALIVE_SECONDS):
                await self._serve(context, prepared, stream)

    async def _serve(self, context: RequestContext, prepared: Prepared, stream: "_Stream") -> None:
        writing = asyncio.ensure_future(self._write(context, prepared, stream))
        try:
            await stream.gone()
        finally:
            self.gauge.closed(stream.closed_for)
            # What a mutation has started must be booked, even if nobody gets to read of it.
            if isinstance(prepared, Subscription):
                writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _write(self, context: RequestContext, prepared: Prepared, stream: "_Stream") -> None:
        try:
            if isinstance(prepared, Subscription):
                async with aclosing(prepared.outcomes()) as outcomes:
                    async for outcome in outcomes:
                        stream.next(outcome)
            else:
                stream.next(await run(prepared) if isinstance(prepared, Executor) else prepared)
                await self.engine.announce(context)
        except Exception:  # nobody is above this task
            log.exception("a GraphQL stream failed")
            stream.next(Outcome(executed=False, errors=[unexpected_entry()]))
        stream.complete()


class _Stream:
    """Writing costs neither queue nor task; a client that leaves more than `limit` bytes unread is sent away."""

    def __init__(self, writer: StreamWriter, limit: int) -> None:
        self.gone = writer.gone
        self.closed_for = "left"
        self._writer = writer
        self._limit = limit

    def next(self, outcome: Outcome) -> None:
        payload: dict[str, object] = {"data": outcome.data} if outcome.executed else {}
        if outcome.errors:
            payload["errors"] = outcome.errors
        event_id = b"id: %b\n" % outcome.position.encode() if outcome.position else b""
        # What NoETL answered to proxyRequest is passed on as it came, line breaks included.
        self._put(b"%bevent: next\ndata: %b\n\n" % (event_id, one_line(RawJson(_encode(payload)))))

    def complete(self) -> None:
        self._put(b"event: complete\ndata: \n\n")
        self._writer.finish()

    def keep_alive(self) -> None:
        self._put(b":\n\n")

    def end(self, ending: Ending) -> None:
        self.closed_for = ending.word
        if ending.of_session:
            error = SessionInvalid()
            self.next(Outcome(executed=False, errors=[plain_entry(str(error), error.code)]))
            self.complete()
        else:
            self._writer.finish()

    def _put(self, chunk: bytes) -> None:
        """What comes after the end is not written."""
        if self._writer.pending_bytes > self._limit:
            self.closed_for = "slow"
            self._writer.finish()
        else:
            self._writer.write(chunk)

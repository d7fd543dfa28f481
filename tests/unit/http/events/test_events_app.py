"""`GET /events` from opening to end (wire 4.5)."""

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec
import pytest
from tests.unit.domain.gateway import MALLORY, PLAYBOOK, Gateway
from tests.unit.http.asking import Exchange, Fields, ask, scope_of

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from adapters.memory.session_ends import MemorySessionEnds
from adapters.memory.stream_tickets import MemoryStreamTickets
from domain.callbacks import PlaybookCallback
from domain.clients import ClientId
from domain.errors import AuthBackEndUnavailable
from domain.holding import AFTER_RESPONSE
from domain.identity import Session
from domain.json_values import RawJson
from domain.playbooks import ExecutionOrder
from domain.use_cases.execute_playbook import Started
from entrypoints.http.asgi import Message
from entrypoints.http.events import sse
from entrypoints.http.events.app import EventsApp
from entrypoints.http.events.connection import StreamTiming
from entrypoints.http.events.places import StreamLimits, StreamPlaces
from entrypoints.http.events.wheel import TimerWheel
from entrypoints.http.stream_session import StreamSession

BUFFER = 20_000
HOLD = 3
"""Seconds after which the frames of a fresh run are delivered even to a stream that was not told of its start."""
EVENT_SOURCE = (b"accept", b"text/event-stream")


class Gauge:
    def __init__(self) -> None:
        self.open = 0
        self.ends: Counter[str] = Counter()

    def opened(self) -> None:
        self.open += 1

    def closed(self, reason: str) -> None:
        self.open -= 1
        self.ends[reason] += 1


class Stream:
    """One open stream, seen from the client."""

    def __init__(self, edge: "Edge", exchange: Exchange, task: "asyncio.Task[None]") -> None:
        self._edge = edge
        self.exchange = exchange
        self.task = task

    @property
    def text(self) -> bytes:
        return self.exchange.answer.body

    def has_ended(self) -> bool:
        return not self.exchange.sent[-1].get("more_body", True)

    @property
    def client_id(self) -> str:
        data = self.text.split(b"data: ")[1].split(b"\n")[0]
        client_id: str = msgspec.json.decode(data)["result"]["clientId"]
        return client_id

    def events(self) -> list[str]:
        return [line[7:] for line in self.text.decode().splitlines() if line.startswith("event: ")]

    async def leave(self) -> None:
        self.exchange.gone.set()
        await self._edge.settle()
        assert self.task.done()


class Edge:
    """The application on memory adapters, with time in the hands of the test."""

    def __init__(self, gateway: Gateway, clock: ManualClock, **limits: int) -> None:
        self.gateway = gateway
        self.clock = clock
        self.gauge = Gauge()
        self.wheel = TimerWheel(clock.monotonic)
        self.draining: list[Callable[[], None]] = []
        self.places = StreamPlaces(StreamLimits(**limits))
        self.streams: list[Stream] = []
        self.app = self.serving(StreamTiming())

    def serving(self, timing: StreamTiming) -> EventsApp:
        return EventsApp(
            sessions=StreamSession(
                authenticate=self.gateway.authenticate,
                tickets=MemoryStreamTickets(self.gateway.bus),
                origin_allowed=lambda scope, origin: False,
            ),
            stream_events=self.gateway.stream_events,
            session_ends=MemorySessionEnds(self.gateway.bus),
            clock=self.clock,
            wheel=self.wheel,
            places=self.places,
            timing=timing,
            gauge=self.gauge,
            buffer_bytes=BUFFER,
            on_drain=self._on_drain,
        )

    def _on_drain(self, callback: Callable[[], None]) -> Callable[[], None]:
        self.draining.append(callback)
        return lambda: self.draining.remove(callback)

    async def open(
        self, session: Session, query: str = "", headers: Fields = (), exchange: Exchange | None = None
    ) -> Stream:
        exchange = exchange or Exchange()
        scope = scope_of("GET", "/events", headers, f"session_token={session.token.text}&{query}".encode())
        stream = Stream(self, exchange, asyncio.ensure_future(self.app(scope, exchange.receive, exchange.send)))
        self.streams.append(stream)
        await self.settle()
        return stream

    async def settle(self) -> None:
        await self.clock.advance(0)

    async def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            await self.clock.advance(1)
            self.wheel.turn()
            await self.settle()

    async def close(self) -> None:
        for stream in self.streams:
            stream.task.cancel()
        await asyncio.gather(*(stream.task for stream in self.streams), return_exceptions=True)

    @property
    def at_rest(self) -> bool:
        """Nothing of any stream is left."""
        nothing = (self.gauge.open, self.places.taken, len(self.draining), len(self.wheel._slot_of)) == (0, 0, 0, 0)
        return nothing and not self.app.open_connections and not self.gateway.bus.session_listeners._listeners


@pytest.fixture
async def edge(gateway: Gateway, clock: ManualClock) -> "Edge":
    return Edge(gateway, clock)


@pytest.fixture
async def session(gateway: Gateway) -> Session:
    return await gateway.logged_in()


async def started(gateway: Gateway, session: Session, client_id: str) -> Started:
    """A run that the client waits for, announced already, a moment ago."""
    run = await gateway.execute(session, ExecutionOrder(path=PLAYBOOK), client_id)
    await gateway.announce(run)
    assert isinstance(gateway.clock, ManualClock)
    await gateway.clock.advance(AFTER_RESPONSE)
    return run


async def answered(gateway: Gateway, run: Started, data: bytes = b'{"ok":true}') -> None:
    assert run.request_id is not None
    await gateway.deliver(PlaybookCallback(request_id=run.request_id, status="success", data=RawJson(data)))


async def test_the_first_words_are_init_and_a_ping(edge: Edge, session: Session) -> None:
    stream = await edge.open(session)
    assert stream.exchange.sent[0]["status"] == 200
    assert stream.exchange.answer.headers == list(sse.HEADERS)
    assert stream.text.startswith(b"id: ")
    assert b"event: message\n" in stream.text
    assert stream.text.endswith(sse.PING)
    assert stream.events() == ["message", "ping"]
    assert ClientId.parse(stream.client_id) is not None
    assert b"pendingRequests" not in stream.text
    assert not stream.has_ended()
    assert edge.gauge.open == 1
    await stream.leave()
    assert edge.gauge.ends == {"left": 1}
    assert edge.at_rest


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"session_token=",
        b"session_token=unknown",
        b"session_token=%3E",
        b"session_token=a%0d%0ab",
        b"client_id=x",
    ],
)
async def test_a_session_that_is_none_is_told_by_an_event_and_the_end(edge: Edge, query: bytes) -> None:
    """With status 200: clients react to nothing else (wire 4.6)."""
    answer = await ask(edge.app, "GET", "/events", query=query)
    assert (answer.status, answer.headers, answer.body) == (200, list(sse.HEADERS), sse.UNAUTHORIZED)
    assert edge.at_rest


async def test_a_session_that_only_noetl_knows_opens_a_stream(edge: Edge, gateway: Gateway) -> None:
    stream = await edge.open(gateway.authority.open(MALLORY))
    assert stream.events() == ["message", "ping"]
    await stream.leave()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_stream_is_only_to_be_got(edge: Edge, method: str) -> None:
    answer = await ask(edge.app, method, "/events")
    assert (answer.status, answer.header(b"allow")) == (405, b"GET,HEAD")


async def test_head_tells_about_the_stream_and_opens_none(edge: Edge, session: Session) -> None:
    answer = await ask(edge.app, "HEAD", "/events", query=f"session_token={session.token.text}".encode())
    assert (answer.status, answer.headers, answer.body) == (200, list(sse.HEADERS), b"")
    assert edge.at_rest


async def test_a_result_arrives_as_state_and_then_result(edge: Edge, gateway: Gateway, session: Session) -> None:
    stream = await edge.open(session)
    run = await started(gateway, session, stream.client_id)
    await answered(gateway, run, b'{"id":766633604884463618}')
    await edge.settle()
    assert stream.events() == ["message", "ping", "playbook/state", "playbook/result"]
    assert b'"data":{"id":766633604884463618}' in stream.text
    await stream.leave()


async def test_a_client_that_comes_back_is_told_what_it_waits_for_and_gets_what_it_missed(
    edge: Edge, gateway: Gateway, session: Session
) -> None:
    stream = await edge.open(session)
    client_id = stream.client_id
    first, second = [await started(gateway, session, client_id) for _ in range(2)]
    await stream.leave()
    await answered(gateway, first)
    back = await edge.open(session, f"client_id={client_id}")
    await edge.wait(HOLD)
    assert back.client_id == client_id
    assert f'"pendingRequests":[{{"requestId":"{second.request_id}"'.encode() in back.text
    assert back.events() == ["message", "ping", "playbook/state", "playbook/result"]
    await back.leave()


@pytest.mark.parametrize("by", ["header", "query"])
async def test_a_client_resumes_after_the_last_event_that_it_saw(
    edge: Edge, gateway: Gateway, session: Session, by: str
) -> None:
    stream = await edge.open(session)
    runs = [await started(gateway, session, stream.client_id) for _ in range(2)]
    await answered(gateway, runs[0])
    await edge.settle()
    last = [line[4:] for line in stream.text.splitlines() if line.startswith(b"id: ")][-1]
    await stream.leave()
    await answered(gateway, runs[1])
    headers = [(b"last-event-id", last)] if by == "header" else []
    back = await edge.open(session, f"last_event_id={last.decode()}" if by == "query" else "", headers)
    await edge.wait(HOLD)
    assert back.client_id == stream.client_id
    assert str(runs[0].request_id).encode() not in back.text
    assert back.text.count(str(runs[1].request_id).encode()) == 1
    await back.leave()


@pytest.mark.parametrize("last", ["nonsense", "epoch9-1", "%00", "a" * 5000])
async def test_a_position_that_cannot_be_honoured_is_answered_by_a_reset(
    edge: Edge, session: Session, last: str
) -> None:
    stream = await edge.open(session)
    await stream.leave()
    back = await edge.open(session, f"client_id={stream.client_id}&last_event_id={last}")
    assert back.events() == ["message", "ping", "reset"]
    await back.leave()


@pytest.mark.parametrize("claimed", ["of somebody else", "home1-abcdefghijklmnop", "x", "%3E", ""])
async def test_a_client_id_that_is_not_the_users_is_replaced_by_a_new_one(
    edge: Edge, gateway: Gateway, session: Session, claimed: str
) -> None:
    other = await edge.open(await gateway.logged_in(MALLORY))
    if claimed == "of somebody else":
        claimed = other.client_id
    stream = await edge.open(session, f"client_id={claimed}")
    assert stream.client_id not in (claimed, other.client_id)
    assert not other.has_ended()
    await stream.leave()
    await other.leave()


async def test_another_connection_of_the_client_ends_the_first(
    edge: Edge, gateway: Gateway, session: Session
) -> None:
    first = await edge.open(session)
    second = await edge.open(session, f"client_id={first.client_id}")
    assert (first.has_ended(), second.has_ended()) == (True, False)
    assert edge.gauge.ends == {"replaced": 1}
    run = await started(gateway, session, second.client_id)
    await answered(gateway, run)
    await edge.settle()
    assert second.events()[-1] == "playbook/result"
    await second.leave()
    assert edge.at_rest


async def test_a_stream_is_pinged_every_half_minute_and_kept_alive_in_between(edge: Edge, session: Session) -> None:
    stream = await edge.open(session)
    opened = len(stream.text)
    await edge.wait(62)
    assert stream.text[opened:] == sse.KEEP_ALIVE + sse.PING + sse.KEEP_ALIVE + sse.PING
    await stream.leave()


async def test_a_logout_ends_the_streams_of_the_session(edge: Edge, gateway: Gateway, session: Session) -> None:
    mine, others = await edge.open(session), await edge.open(await gateway.logged_in())
    await gateway.log_out(session.token)
    await edge.settle()
    assert (mine.has_ended(), others.has_ended()) == (True, False)
    assert edge.gauge.ends == {"logged_out": 1}
    await others.leave()


async def test_a_stream_ends_within_a_second_of_its_session(edge: Edge, gateway: Gateway, clock: ManualClock) -> None:
    session = gateway.authority.open(MALLORY, hours=5 / 3600)
    stream = await edge.open(session)
    await edge.wait(4)
    assert not stream.has_ended()
    await edge.wait(2)
    assert stream.has_ended()
    assert edge.gauge.ends == {"ended": 1}
    assert edge.at_rest


async def test_a_stream_is_rotated_at_a_certain_age(edge: Edge, session: Session) -> None:
    edge.app = edge.serving(StreamTiming(rotate_after=100))
    stream = await edge.open(session)
    await edge.wait(89)
    assert not stream.has_ended()
    await edge.wait(13)
    assert stream.has_ended()
    assert edge.gauge.ends == {"ended": 1}


async def test_a_process_that_drains_says_when_to_come_back(edge: Edge, session: Session) -> None:
    stream = await edge.open(session)
    edge.draining[0]()
    await edge.settle()
    assert stream.has_ended()
    hint = stream.text.split(b"\n\n")[-2]
    assert hint.startswith(b"retry: ")
    assert 500 <= int(hint[7:]) <= 3000
    assert edge.gauge.ends == {"drained": 1}
    assert edge.at_rest


async def test_more_streams_than_a_session_may_have_are_refused(gateway: Gateway, clock: ManualClock) -> None:
    edge = Edge(gateway, clock, per_session=1)
    session = await gateway.logged_in()
    stream = await edge.open(session)
    answer = await ask(edge.app, "GET", "/events", query=f"session_token={session.token.text}".encode())
    assert (answer.status, answer.header(b"retry-after")) == (429, b"5")
    assert edge.gauge.open == 1
    await stream.leave()
    assert edge.at_rest


async def test_a_browser_is_told_to_come_back_while_nobody_can_tell_who_it_is(edge: Edge, gateway: Gateway) -> None:
    """An error status would end its EventSource for good."""
    gateway.authority.trouble = AuthBackEndUnavailable()
    answer = await ask(edge.app, "GET", "/events", [EVENT_SOURCE], query=b"session_token=unknown")
    assert (answer.status, answer.headers, answer.body) == (200, list(sse.HEADERS), sse.AWAY)
    answer = await ask(edge.app, "GET", "/events", query=b"session_token=unknown")
    assert (answer.status, answer.json) == (503, {"error": AuthBackEndUnavailable.default})


async def test_a_store_that_is_away_opens_no_stream_and_takes_no_place(
    edge: Edge, bus: MemoryBus, session: Session
) -> None:
    bus.outage()
    query = f"session_token={session.token.text}".encode()
    answer = await ask(edge.app, "GET", "/events", [EVENT_SOURCE], query=query)
    assert (answer.status, answer.body) == (200, sse.AWAY)
    answer = await ask(edge.app, "GET", "/events", query=query)
    assert (answer.status, answer.header(b"retry-after")) == (503, b"2")
    assert edge.at_rest


async def test_an_open_stream_outlives_an_outage_and_misses_nothing(
    edge: Edge, gateway: Gateway, bus: MemoryBus, session: Session
) -> None:
    stream = await edge.open(session)
    run = await started(gateway, session, stream.client_id)
    bus.live.lose_next = 2
    await answered(gateway, run)
    bus.outage()
    await edge.wait(3)
    assert stream.events() == ["message", "ping"]
    bus.recovery()
    await edge.wait(2)
    assert stream.events()[2:] == ["playbook/state", "playbook/result"]
    await stream.leave()


class Stuck(Exchange):
    """A client that takes nothing after the first words."""

    async def send(self, message: Message) -> None:
        await super().send(message)
        if len(self.sent) > 1:
            await asyncio.Event().wait()


async def test_a_client_that_takes_nothing_is_let_go_and_resumes_later(
    edge: Edge, gateway: Gateway, session: Session
) -> None:
    stuck = await edge.open(session, exchange=Stuck())
    for _ in range(3):
        run = await started(gateway, session, stuck.client_id)
        await answered(gateway, run, b'"%b"' % (b"x" * 15_000))
    await edge.settle()
    (connection,) = edge.app.open_connections
    assert connection.closed_for == "slow"
    await stuck.leave()
    assert edge.gauge.ends == {"slow": 1}
    received, back = [], stuck
    for _ in range(2):
        last = [line[4:] for line in back.text.splitlines() if line.startswith(b"id: ")][-1]
        back = await edge.open(session, headers=[(b"last-event-id", last)])
        await edge.wait(HOLD)
        received += back.events()[2:]
    assert received == ["playbook/state", "playbook/result"] * 3
    await back.leave()
    assert edge.at_rest


async def test_a_server_that_ends_the_task_leaves_nothing_behind(edge: Edge, session: Session) -> None:
    await edge.open(session)
    await edge.close()
    assert edge.at_rest

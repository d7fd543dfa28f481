"""What the lane takes and leaves, and what it does where time plays a part; every case through both lanes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.unit.adapters.http1.scripted_server import OK, Peer, Script, ScriptedServer, answering, serving
from tests.unit.domain.gateway import MALLORY, Gateway
from tests.unit.fast_lane.lanes import SOON, lane, until
from tests.unit.fast_lane.vocabulary import ORIGIN
from tests.unit.http.proxy.test_response_headers import PASSING, STOPPED
from tests.unit.http_server.raw_client import connected

from adapters.memory.clock import ManualClock
from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.ports.telemetry import Count
from entrypoints.http.fast_lane.direct import DirectUpstream
from entrypoints.http.server.drain import DrainTiming
from entrypoints.http.server.limits import RequestLimits

both = pytest.mark.parametrize("fast", [True, False], ids=["fast", "normal"])


@pytest.fixture
async def noetl() -> AsyncIterator[ScriptedServer]:
    async def answers(peer: Peer) -> None:
        while True:
            head_only = (await peer.request()).line.startswith(b"HEAD ")
            await peer.answer(OK.removesuffix(b"ok") if head_only else OK)

    async with serving(answers) as server:
        yield server


def after_warmth(script: Script) -> Script:
    """Answers what warms up; what comes then is for `script`."""

    async def warm(peer: Peer) -> None:
        while (await peer.request()).line.startswith(b"GET /api/warm "):
            await peer.answer(OK)
        await script(peer)

    return warm


def test_the_pooled_upstream_can_be_driven_directly() -> None:
    upstream: DirectUpstream = PooledUpstream()
    assert isinstance(upstream, DirectUpstream)


async def test_a_warm_request_takes_the_lane_and_is_counted_like_any_other(
    gateway: Gateway, noetl: ScriptedServer
) -> None:
    async with lane(gateway, noetl.base_url) as served, served.warm() as client:
        for method in (b"GET", b"HEAD"):
            await client.send(served.request(method=method, target=b"/noetl/a%2Fb?x=1"))
            answer = await client.head()
            assert (answer.status, answer.headers["content-length"]) == (200, "2")
            await client.exactly(2 if method == b"GET" else 0)
        assert served.taken == [b"/noetl/a%2Fb?x=1"] * 2
        assert [request.line for request in noetl.received[1:]] == [
            b"GET /api/a%2Fb?x=1 HTTP/1.1",
            b"HEAD /api/a%2Fb?x=1 HTTP/1.1",
        ]
        assert served.observed == [200] * 3
        assert served.checks == ["ok"] * 3
        assert gateway.telemetry.counts[Count.SESSION_LOOKUP, "memory"] == 3


@pytest.mark.parametrize(
    ("target", "method", "fields"),
    [
        (b"/noetl/x", b"POST", b""),
        (b"/noetl/x", b"DELETE", b""),
        (b"/noetl/x", b"GET", b"content-length: 0\r\n"),
        (b"/noetl/x", b"GET", b"expect: 100-continue\r\n"),
        (b"/noetl/x", b"GET", b"connection: upgrade\r\nupgrade: h2c\r\n"),
        (b"/noetl/credentials/x", b"GET", b""),
        (b"/noetl/%2e%2e/x", b"GET", b""),
        (b"/noetl/", b"GET", b""),
        (b"/noetl", b"GET", b""),
        (b"/other", b"GET", b""),
    ],
)
async def test_what_needs_more_than_a_look_is_left_to_the_normal_lane(
    gateway: Gateway, noetl: ScriptedServer, target: bytes, method: bytes, fields: bytes
) -> None:
    async with lane(gateway, noetl.base_url) as served, served.warm() as client:
        await client.send(served.request(target, method, fields))
        assert (await client.answer()).status in (200, 400, 403, 404)
        assert served.taken == []
        assert served.checks == ["ok"] * (2 if target.startswith(b"/noetl/") and target != b"/noetl/" else 1)


async def test_without_an_idle_connection_the_normal_lane_opens_one(gateway: Gateway, noetl: ScriptedServer) -> None:
    async with lane(gateway, noetl.base_url) as served, served.warm():
        pass
    assert served.taken == []


async def test_a_session_that_has_just_run_out_is_left_to_the_normal_lane(
    gateway: Gateway, noetl: ScriptedServer, clock: ManualClock
) -> None:
    async with lane(gateway, noetl.base_url) as served, served.warm() as client:
        await clock.advance(10_000_000)
        await client.send(served.request())
        assert (await client.answer()).status == 401
        assert served.taken == []
        assert served.checks == ["ok", "invalid_or_expired"]


@both
async def test_requests_behind_each_other_are_answered_in_their_order(
    gateway: Gateway, noetl: ScriptedServer, fast: bool
) -> None:
    async with lane(gateway, noetl.base_url, fast=fast) as served, served.warm() as client:
        await client.send(
            served.request(b"/noetl/1") + served.request(b"/other") + served.request(b"/noetl/credentials/x")
        )
        assert [(await client.answer()).status for _ in range(3)] == [200, 404, 403]
        assert served.taken == ([b"/noetl/1"] if fast else [])
        await client.send(served.request(b"/noetl/2") + b"GET / HTTP/1.1\r\n\r\n")
        assert [answer.status for answer in await client.answers_until_end()] == [200, 400]


@both
@pytest.mark.parametrize("size", [1, 65536, 1_048_576])
@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_of_any_size_arrives_whole(gateway: Gateway, fast: bool, size: int, chunked: bool) -> None:
    body = bytes(range(256)) * (size // 256) or b"x"
    if chunked:
        framed = b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    else:
        framed = b"content-length: %d\r\n\r\n%b" % (len(body), body)
    async with (
        serving(after_warmth(answering_again(b"HTTP/1.1 200 OK\r\n" + framed))) as noetl,
        lane(gateway, noetl.base_url, fast=fast) as served,
        served.warm() as client,
    ):
        for _ in range(2):
            await client.send(served.request())
            assert (await client.answer()).body == body
        assert noetl.connections == 1
        assert len(served.taken) == (2 if fast else 0)


def answering_again(answer: bytes) -> Script:
    async def script(peer: Peer) -> None:
        while True:
            await peer.answer(answer)
            await peer.request()

    return script


@both
async def test_a_client_that_does_not_read_holds_noetl_back(gateway: Gateway, fast: bool) -> None:
    sent = 0

    async def endless(peer: Peer) -> None:
        nonlocal sent
        await peer.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
        for _ in range(15_000):
            await peer.answer(b"x" * 65536)
            sent += 65536

    async with (
        serving(after_warmth(endless)) as noetl,
        lane(gateway, noetl.base_url, fast=fast) as served,
        served.warm() as client,
    ):
        await client.send(served.request())
        await client.head()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        before = -1
        async with asyncio.timeout(SOON):
            while sent != before:
                before = sent
                await asyncio.sleep(0.2)
        (connection,) = served.server._listeners[0].edge.http_connections
        held = connection.transport.get_write_buffer_size()  # type: ignore[attr-defined]
        assert held <= 65536 * 4
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await client.exactly(before + 1_000_000)
        assert len(served.taken) == (1 if fast else 0)


@both
@pytest.mark.parametrize("begun", [True, False])
async def test_a_client_that_leaves_ends_the_request_to_noetl(gateway: Gateway, fast: bool, begun: bool) -> None:
    left = asyncio.Event()

    async def slow(peer: Peer) -> None:
        if begun:
            await peer.answer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n")
        await peer.until_client_leaves()
        left.set()

    async with serving(after_warmth(slow)) as noetl, lane(gateway, noetl.base_url, fast=fast) as served:
        async with served.warm() as client:
            await client.send(served.request())
            await (client.head() if begun else until(lambda: len(noetl.received) == 2))
        async with asyncio.timeout(SOON):
            await left.wait()
        await until(lambda: len(served.observed) == 2)
        assert served.observed == [200, 200 if begun else 0]
        assert not served.server._listeners[0].edge.tasks


@both
async def test_a_stale_connection_is_replaced_without_a_word(gateway: Gateway, fast: bool) -> None:
    async def stale(peer: Peer) -> None:
        await peer.request()
        await peer.answer(OK)
        await peer.request()
        if peer.number > 1:
            await peer.answer(OK)

    async def once_stale(peer: Peer) -> None:
        await (stale(peer) if peer.number == 1 else answering(OK)(peer))

    async with (
        serving(once_stale) as noetl,
        lane(gateway, noetl.base_url, fast=fast) as served,
        served.warm() as client,
    ):
        await client.send(served.request(fields=b"origin: http://foreign.test\r\n"))
        assert (await client.answer()).body == b"ok"
        assert noetl.connections == 2
        assert (served.observed, served.checks, len(served.rejected)) == ([200] * 2, ["ok"] * 2, 1)
        await client.send(served.request())
        assert (await client.answer()).body == b"ok"


@both
async def test_a_client_that_leaves_while_its_request_is_tried_again_is_forgotten(
    gateway: Gateway, fast: bool
) -> None:
    async def once(peer: Peer) -> None:
        await peer.request()
        if peer.number == 1:
            await peer.answer(OK)
            await peer.request()
        else:
            await peer.until_client_leaves()

    async with serving(once) as noetl, lane(gateway, noetl.base_url, fast=fast) as served:
        async with served.warm() as client:
            await client.send(served.request())
            await until(lambda: len(noetl.received) == 3)
        await until(lambda: len(served.observed) == 2)
        assert served.observed == [200, 0]


@both
async def test_silence_is_a_504_before_the_answer_and_a_cut_within(gateway: Gateway, fast: bool) -> None:
    async def silent(peer: Peer) -> None:
        await peer.until_client_leaves()

    async def falls_silent(peer: Peer) -> None:
        await peer.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")
        await peer.until_client_leaves()

    for script in (silent, falls_silent):
        async with (
            serving(after_warmth(script)) as noetl,
            lane(gateway, noetl.base_url, fast=fast, silence=0.1) as served,
            served.warm() as client,
        ):
            await client.send(served.request(fields=b"origin: http://localhost:8080\r\n"))
            if script is silent:
                answer = await client.answer()
                assert (answer.status, answer.headers["x-error-code"]) == (504, "upstream_timed_out")
                assert answer.headers["access-control-allow-origin"] == "http://localhost:8080"
                assert served.observed == [200, 504]
            else:
                assert (await client.head()).status == 200
                assert await client.rest() == b"abc"
                assert served.observed == [200, 200]
            assert len(served.taken) == (1 if fast else 0)


@both
async def test_the_end_of_the_process_waits_for_an_answer_and_announces_the_close(
    gateway: Gateway, fast: bool
) -> None:
    go_on = asyncio.Event()

    async def later(peer: Peer) -> None:
        await go_on.wait()
        await peer.answer(OK)

    async with (
        serving(after_warmth(later)) as noetl,
        lane(gateway, noetl.base_url, fast=fast, timing=DrainTiming(total=10, grace=0, window=0)) as served,
        served.warm() as client,
    ):
        await client.send(served.request())
        await until(lambda: len(noetl.received) == 2)
        served.server.begin_shutdown()
        await asyncio.sleep(0.1)
        assert not served.ended.done()
        go_on.set()
        answer = await client.answer()
        assert (answer.body, answer.headers["connection"]) == (b"ok", "close")
        assert await client.rest() == b""
        await asyncio.wait_for(asyncio.shield(served.ended), SOON)


@both
async def test_what_has_not_ended_in_time_is_cut_and_told(
    gateway: Gateway, fast: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def never(peer: Peer) -> None:
        await peer.until_client_leaves()

    async with (
        serving(after_warmth(never)) as noetl,
        lane(gateway, noetl.base_url, fast=fast, timing=DrainTiming(total=0.1, grace=0, window=0)) as served,
        served.warm() as client,
    ):
        await client.send(served.request())
        await until(lambda: len(noetl.received) == 2)
        with caplog.at_level(logging.WARNING):
            served.server.begin_shutdown()
            assert await client.rest() == b""
            await asyncio.wait_for(asyncio.shield(served.ended), SOON)
        assert "cut off 1 requests that had not ended in time" in caplog.messages


async def test_nothing_new_takes_the_lane_once_the_process_is_ending(gateway: Gateway, noetl: ScriptedServer) -> None:
    async with (
        lane(gateway, noetl.base_url, timing=DrainTiming(total=10, grace=1, window=0)) as served,
        served.warm() as client,
    ):
        served.server.begin_shutdown()
        await until(lambda: served.drain.is_draining)
        await client.send(served.request())
        assert (await client.answer()).headers["connection"] == "close"
        assert served.taken == []


@both
async def test_a_client_that_takes_nothing_any_more_is_given_up(gateway: Gateway, fast: bool) -> None:
    async def endless(peer: Peer) -> None:
        await peer.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
        while True:
            await peer.answer(b"x" * 65536)

    async with (
        serving(after_warmth(endless)) as noetl,
        lane(gateway, noetl.base_url, fast=fast, limits=RequestLimits(send_secs=0.2)) as served,
        served.warm() as client,
    ):
        await client.send(served.request())
        await client.head()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: len(served.observed) == 2)
        assert noetl.connections == 1


@both
async def test_nobody_gets_the_answer_of_another(gateway: Gateway, fast: bool) -> None:
    """Many clients at once, some of which leave in the middle."""

    async def echo(peer: Peer) -> None:
        while True:
            target = (await peer.request()).line.split(b" ")[1]
            await peer.answer(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(target), target))

    async def visit(number: int) -> None:
        async with connected(served.port) as client:
            for turn in range(20):
                target = b"/%d/%d" % (number, turn)
                await client.send(served.request(b"/noetl" + target))
                if number % 5 == 0 and turn == number % 20:
                    return
                assert (await client.answer()).body == b"/api" + target

    async with serving(echo) as noetl, lane(gateway, noetl.base_url, fast=fast, connections=8) as served:
        await asyncio.gather(*(visit(number) for number in range(30)))
        assert bool(served.taken) == fast


@both
async def test_each_is_told_apart_on_the_same_connection(gateway: Gateway, noetl: ScriptedServer, fast: bool) -> None:
    """Load balancers send the requests of many users over one connection."""
    async with lane(gateway, noetl.base_url, fast=fast) as served, served.warm() as client:
        other = await gateway.logged_in(MALLORY)
        for token, user in ((other.token, b"8"), (served.session.token, b"7"), (other.token, b"8")):
            await client.send(
                b"GET /noetl/x HTTP/1.1\r\nhost: a\r\nauthorization: Bearer %b\r\n\r\n" % token.text.encode()
            )
            await client.answer()
            assert noetl.received[-1].values(b"x-user-id") == [user]
            assert noetl.received[-1].values(b"x-session-token") == [token.text.encode()]


@both
async def test_an_upstream_in_trouble_is_left_alone_and_asked_again(gateway: Gateway, fast: bool) -> None:
    async def hangs_up(peer: Peer) -> None:
        """Takes two requests a connection, and answers the first."""
        await peer.request()
        if b"/api/warm" in upstream.received[-1].line:
            await peer.answer(OK)
            await peer.request()

    async with serving(hangs_up) as upstream, lane(gateway, upstream.base_url, fast=fast) as served:
        statuses = []
        for _ in range(7):
            async with connected(served.port) as client:
                await client.send(served.request(b"/noetl/x"))
                statuses.append((await client.answer()).status)
        assert statuses == [502] * 5 + [503] * 2


@both
async def test_failures_of_warm_connections_open_the_breaker(gateway: Gateway, fast: bool) -> None:
    crowd = 6
    arrived = asyncio.Barrier(crowd)

    async def then_silent(peer: Peer) -> None:
        await peer.request()
        await arrived.wait()
        await peer.answer(OK)
        await peer.until_client_leaves()

    async def ask() -> int:
        async with connected(served.port) as client:
            await client.send(served.request())
            return (await client.answer()).status

    async with serving(then_silent) as noetl, lane(gateway, noetl.base_url, fast=fast, silence=0.2) as served:
        assert await asyncio.gather(*(ask() for _ in range(crowd))) == [200] * crowd
        assert [await ask() for _ in range(6)] == [504] * 5 + [503]
        assert len(served.taken) == (5 if fast else 0)


@both
async def test_a_wait_for_a_new_connection_ends_with_the_client(
    gateway: Gateway, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, given_up = asyncio.Event(), asyncio.Event()

    async def acquire_fresh() -> None:
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    async def stale(peer: Peer) -> None:
        await peer.request()
        await peer.answer(OK)
        await peer.request()

    async with serving(stale) as noetl, lane(gateway, noetl.base_url, fast=fast) as served:
        monkeypatch.setattr(served.upstream.route(noetl.base_url).pool, "acquire_fresh", acquire_fresh)
        async with served.warm() as client:
            await client.send(served.request())
            await asyncio.wait_for(waiting.wait(), SOON)
        await asyncio.wait_for(given_up.wait(), SOON)


@both
@pytest.mark.parametrize(
    ("head", "passed"),
    [
        (b"304 X\r\ncontent-length: 10\r\netag: x", {"content-length": "10", "etag": "x"}),
        (b"204 X\r\nx-a: 1", {"x-a": "1"}),
        (b"307 X\r\ncontent-length: 0\r\nlocation: /api/x", {"location": "/noetl/x", "content-length": "0"}),
        (b"307 X\r\ncontent-length: 0\r\nlocation: @base@/api/x", {"location": "/noetl/x", "content-length": "0"}),
        (b"307 X\r\ncontent-length: 0\r\nlocation: http://evil.test/api/x", {"content-length": "0"}),
    ],
)
async def test_an_answer_without_a_body_passes_and_the_connection_goes_on(
    gateway: Gateway, fast: bool, head: bytes, passed: dict[str, str]
) -> None:
    async def answers(peer: Peer) -> None:
        while True:
            await peer.answer(b"HTTP/1.1 " + head.replace(b"@base@", upstream.base_url.encode()) + b"\r\n\r\n")
            await peer.request()

    async with (
        serving(after_warmth(answers)) as upstream,
        lane(gateway, upstream.base_url, fast=fast) as served,
        served.warm() as client,
    ):
        for _ in range(2):
            await client.send(served.request())
            answer = await client.head()
            ours = ("date", "vary", "access-control-allow-credentials")
            assert {name: value for name, value in answer.headers.items() if name not in ours} == passed
        assert upstream.connections == 1


@both
async def test_an_origin_is_looked_at_in_every_request(gateway: Gateway, noetl: ScriptedServer, fast: bool) -> None:
    async with lane(gateway, noetl.base_url, fast=fast) as served, served.warm() as client:
        for _ in range(3):
            await client.send(served.request(fields=b"origin: http://foreign.test\r\n"))
            assert "access-control-allow-origin" not in (await client.answer()).headers
        assert len(served.rejected) == 3
        assert len(served.taken) == (3 if fast else 0)


@both
async def test_what_an_answer_gets_for_its_own_request_is_never_that_of_another(
    gateway: Gateway, noetl: ScriptedServer, fast: bool
) -> None:
    """NoETL's head is the same each time; the origin, the method and the wish to go on are not."""
    own = b"origin: %b\r\n" % ORIGIN
    async with lane(gateway, noetl.base_url, fast=fast) as served:
        for fields, method in 3 * [(b"", b"GET"), (own, b"GET"), (b"", b"HEAD"), (own, b"HEAD")]:
            async with served.warm() as client:
                await client.send(served.request(fields=fields, method=method) + served.request(b"/noetl/next"))
                answer = await client.head()
                assert answer.headers.get("access-control-allow-origin") == (ORIGIN.decode() if fields else None)
                assert answer.headers["content-length"] == "2"
                await client.exactly(2 if method == b"GET" else 0)
                assert (await client.answer()).status == 200
                await client.send(served.request(fields=b"connection: close\r\n" + fields))
                assert (await client.answer()).headers.get("connection") == "close"


@both
async def test_the_date_goes_on(gateway: Gateway, noetl: ScriptedServer, fast: bool) -> None:
    async with lane(gateway, noetl.base_url, fast=fast) as served, served.warm() as client:
        dates: set[str] = set()
        async with asyncio.timeout(SOON):
            while len(dates) < 2:
                await client.send(served.request())
                dates.add((await client.answer()).headers["date"])
                await asyncio.sleep(0.05)


async def test_an_id_that_a_client_writes_into_its_headers_stays_there(
    gateway: Gateway, noetl: ScriptedServer
) -> None:
    """The lane cuts what it sends at the id of the request, and not at a copy of that header within another."""
    async with lane(gateway, noetl.base_url) as served, served.warm() as client:
        odd = b"x-request-id: abc-%x"
        fields = b"".join(b"x-odd-%d: %b\r\n" % (number, odd % number) for number in range(1, 9))
        for _ in range(3):
            await client.send(served.request(fields=fields))
            await client.answer()
        ids = [request.values(b"x-request-id") for request in noetl.received]
        assert len({each[0] for each in ids}) == 4
        assert all(len(each) == 1 for each in ids)
        for request in noetl.received[1:]:
            assert [request.values(b"x-odd-%d" % number) for number in range(1, 9)] == [
                [odd % number] for number in range(1, 9)
            ]


@both
async def test_a_request_behind_another_waits_though_a_connection_is_free(gateway: Gateway, fast: bool) -> None:
    crowd = asyncio.Barrier(2)

    async def the_second_is_faster(peer: Peer) -> None:
        await peer.request()
        await crowd.wait()
        await peer.answer(OK)
        while True:
            slow = (await peer.request()).line == b"GET /api/1 HTTP/1.1"
            await asyncio.sleep(0.05 if slow else 0)
            await peer.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n" + (b"slow" if slow else b"fast"))

    async def warm_up() -> None:
        async with connected(served.port) as client:
            await client.send(served.request())
            await client.answer()

    async with serving(the_second_is_faster) as noetl, lane(gateway, noetl.base_url, fast=fast) as served:
        await asyncio.gather(warm_up(), warm_up())
        async with connected(served.port) as client:
            await client.send(served.request(b"/noetl/1") + served.request(b"/noetl/2"))
            assert [(await client.answer()).body for _ in range(2)] == [b"slow", b"fast"]


FRAMING = {"connection", "content-length", "trailer", "transfer-encoding", "upgrade", "keep-alive"}


@both
async def test_headers_of_answers_pass_or_stop_by_their_names(gateway: Gateway, fast: bool) -> None:
    names = [name for name in (*PASSING, *STOPPED) if name not in FRAMING]
    fields = b"".join(b"%b: given\r\n" % name.encode() for name in names)

    async def answers(peer: Peer) -> None:
        await peer.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n%b\r\n" % fields)
        await peer.until_client_leaves()

    async with (
        serving(after_warmth(answers)) as noetl,
        lane(gateway, noetl.base_url, fast=fast) as served,
        connected(served.port) as client,
    ):
        await client.send(served.request(b"/noetl/warm"))
        await client.answer()
        await client.send(served.request())
        head = (await client._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        assert {line.partition(":")[0] for line in head if line.endswith(": given")} == set(PASSING) - FRAMING
        assert len(served.taken) == (1 if fast else 0)


@both
async def test_a_user_whose_roles_change_is_somebody_else_from_then_on(
    gateway: Gateway, noetl: ScriptedServer, fast: bool
) -> None:
    """The same token on the same connection, with the same headers as before."""
    async with lane(gateway, noetl.base_url, fast=fast) as served, served.warm() as client:
        before = served.session
        admin = replace(before, user=replace(before.user, roles=("admin",)))
        seen: list[int | bytes] = []
        for session in (before, admin, before):
            await gateway.sessions.put(session)
            for target in (b"/noetl/x", b"/noetl/credentials/x"):
                await client.send(served.request(target))
                seen.append((await client.answer()).status)
            seen.append(noetl.received[-1].values(b"x-user-roles")[0])
        assert seen == [200, 403, b"viewer", 200, 200, b"admin", 200, 403, b"viewer"]
        assert len(served.taken) == (4 if fast else 0)


@both
async def test_each_owner_of_executions_is_asked_under_its_own_name(
    gateway: Gateway, noetl: ScriptedServer, fast: bool
) -> None:
    async with (
        serving(answering(OK)) as second,
        lane(gateway, noetl.base_url, fast=fast, shards=(noetl.base_url, second.base_url)) as served,
        connected(served.port) as client,
    ):
        for _ in range(3):
            for execution in (b"9999", b"42"):
                await client.send(served.request(b"/noetl/executions/" + execution))
                assert (await client.answer()).status == 200
        for server, execution in ((noetl, b"9999"), (second, b"42")):
            assert len(server.received) == 3
            for request in server.received:
                assert request.line == b"GET /api/executions/%b HTTP/1.1" % execution
                assert request.values(b"host") == [server.base_url.removeprefix("http://").encode()]
        assert len(served.taken) == (4 if fast else 0)


async def test_while_a_client_has_not_taken_the_last_answer_the_normal_lane_waits_for_it(
    gateway: Gateway, noetl: ScriptedServer
) -> None:
    async with lane(gateway, noetl.base_url) as served, served.warm() as client:
        (connection,) = served.server._listeners[0].edge.http_connections
        connection.pause_writing()  # type: ignore[attr-defined]
        await client.send(served.request())
        await until(lambda: len(noetl.received) == 2)
        connection.resume_writing()  # type: ignore[attr-defined]
        assert (await client.answer()).body == b"ok"
        assert served.taken == []

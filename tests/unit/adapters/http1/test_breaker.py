import pytest
from tests.unit.adapters.http1.asking import ask, request
from tests.unit.adapters.http1.scripted_server import OK, Peer, serving

from adapters.noetl.http1.breaker import CircuitBreaker
from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.errors import UpstreamMisbehaved, UpstreamSuspended, UpstreamTimedOut, UpstreamUnreachable


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("http://noetl", threshold=3, cool_down=10, clock=clock)


def fail(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        breaker.failed()


def test_it_opens_at_the_last_failure_in_a_row_that_it_tolerates(breaker: CircuitBreaker) -> None:
    fail(breaker, 2)
    breaker.admit()
    breaker.failed()
    with pytest.raises(UpstreamSuspended):
        breaker.admit()


def test_a_success_starts_the_count_again(breaker: CircuitBreaker) -> None:
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)
    breaker.admit()


def test_after_the_cool_down_one_probe_is_let_through(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 9.9
    with pytest.raises(UpstreamSuspended):
        breaker.admit()
    clock.now = 10
    breaker.admit()
    with pytest.raises(UpstreamSuspended):
        breaker.admit()


def test_a_probe_that_succeeds_closes_it(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 10
    breaker.admit()
    breaker.succeeded()
    for _ in range(5):
        breaker.admit()


def test_a_probe_that_fails_leaves_it_open_until_the_next(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 10
    breaker.admit()
    breaker.failed()
    with pytest.raises(UpstreamSuspended):
        breaker.admit()
    clock.now = 20
    breaker.admit()


def test_a_probe_that_nobody_hears_of_again_blocks_nobody_for_ever(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 10
    breaker.admit()
    clock.now = 20
    breaker.admit()


def test_stragglers_that_fail_do_not_prolong_the_cool_down(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 9
    fail(breaker, 5)
    clock.now = 10
    breaker.admit()


async def test_an_origin_without_connection_is_suspended_and_comes_back(clock: Clock) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(OK)

    async with PooledUpstream(breaker_threshold=2, breaker_cool_down=10, breaker_clock=clock) as upstream:
        async with serving(script) as server:
            base_url = server.base_url
        for _ in range(2):
            with pytest.raises(UpstreamUnreachable):
                await ask(upstream, request(base_url))
        with pytest.raises(UpstreamSuspended):
            await ask(upstream, request(base_url))
        async with serving(script) as healthy:
            assert (await ask(upstream, request(healthy.base_url)))[2] == b"ok", "another origin is not concerned"
        clock.now = 10
        with pytest.raises(UpstreamUnreachable):
            await ask(upstream, request(base_url))


async def test_silence_counts_as_failure_and_a_broken_answer_as_life(clock: Clock) -> None:
    async def script(peer: Peer) -> None:
        if (await peer.request()).line.startswith(b"GET /broken"):
            await peer.answer(b"nonsense")
        await peer.until_client_leaves()

    async with (
        PooledUpstream(silence_timeout=0.05, breaker_threshold=2, breaker_clock=clock) as upstream,
        serving(script) as server,
    ):
        for target, expected in (
            (b"/silent", UpstreamTimedOut),
            (b"/broken", UpstreamMisbehaved),
            (b"/silent", UpstreamTimedOut),
            (b"/silent", UpstreamTimedOut),
            (b"/silent", UpstreamSuspended),
        ):
            with pytest.raises(expected):
                await ask(upstream, request(server.base_url, target=target))


async def test_a_full_pool_says_nothing_about_the_upstream(clock: Clock) -> None:
    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.answer(OK)

    async with (
        PooledUpstream(
            max_connections_per_origin=1, queue_timeout=0.01, breaker_threshold=1, breaker_clock=clock
        ) as upstream,
        serving(script) as server,
    ):
        held = await upstream.route(server.base_url).pool.acquire()
        with pytest.raises(UpstreamTimedOut):
            await ask(upstream, request(server.base_url))
        held.close()
        assert (await ask(upstream, request(server.base_url)))[2] == b"ok"

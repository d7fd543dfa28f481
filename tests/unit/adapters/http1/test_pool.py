import asyncio
from dataclasses import dataclass
from typing import cast

import pytest
from tests.unit.adapters.http1.asking import DEADLINE

from adapters.noetl.http1.connection import Connection, ConnectionOwner
from adapters.noetl.http1.pool import OriginPool
from domain.errors import UpstreamTimedOut, UpstreamUnreachable


@dataclass(eq=False)
class FakeConnection:
    owner: ConnectionOwner
    closed: bool = False

    @property
    def reusable(self) -> bool:
        return not self.closed

    @property
    def real(self) -> Connection:
        return cast(Connection, self)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.owner.on_closed(self.real)


class Opener:
    """Opens a connection when told to, or at once."""

    def __init__(self) -> None:
        self.opened: list[FakeConnection] = []
        self.may_open = asyncio.Event()
        self.may_open.set()
        self.dead_on_arrival = False

    async def __call__(self, owner: ConnectionOwner) -> Connection:
        await self.may_open.wait()
        self.opened.append(FakeConnection(owner, closed=self.dead_on_arrival))
        return self.opened[-1].real


@pytest.fixture
async def opener() -> Opener:
    return Opener()


@pytest.fixture
async def pool(opener: Opener) -> OriginPool:
    return OriginPool(opener, limit=1, queue_timeout=DEADLINE)


async def queued(pool: OriginPool, count: int) -> list[asyncio.Task[Connection]]:
    tasks = [asyncio.create_task(pool.acquire()) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_who_waits_longest_gets_what_comes_free_first(pool: OriginPool) -> None:
    connection = await pool.acquire()
    waiting = await queued(pool, 2)
    pool.on_idle(connection)
    assert await waiting[0] is connection
    assert not waiting[1].done()
    pool.on_idle(connection)
    assert await waiting[1] is connection


@pytest.mark.parametrize("frees", ["connection", "place"])
async def test_what_was_handed_to_somebody_who_has_just_given_up_goes_to_the_next(
    pool: OriginPool, frees: str
) -> None:
    connection = await pool.acquire()
    waiting = await queued(pool, 2)
    if frees == "connection":
        pool.on_idle(connection)
    else:
        connection.close()
    waiting[0].cancel()
    async with asyncio.timeout(DEADLINE):
        handed_on = await waiting[1]
    assert waiting[0].cancelled()
    assert (handed_on is connection) == (frees == "connection")


async def test_what_breaks_on_its_way_to_the_next_in_line_is_not_handed_over(pool: OriginPool) -> None:
    connection = await pool.acquire()
    (waiting,) = await queued(pool, 1)
    pool.on_idle(connection)
    connection.close()
    async with asyncio.timeout(DEADLINE):
        assert await waiting is not connection


async def test_a_line_that_is_given_up_leaves_nothing_behind(opener: Opener) -> None:
    pool = OriginPool(opener, limit=1, queue_timeout=0.001)
    connection = await pool.acquire()
    for _ in range(3):
        with pytest.raises(UpstreamTimedOut):
            await pool.acquire()
    pool.on_idle(connection)
    assert pool.take() is connection


async def test_a_failed_opening_gives_its_place_to_the_next_in_line() -> None:
    failing = asyncio.Event()
    attempts = 0

    async def open_connection(owner: ConnectionOwner) -> Connection:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            await failing.wait()
            raise UpstreamUnreachable
        return FakeConnection(owner).real

    pool = OriginPool(open_connection, limit=1, queue_timeout=DEADLINE)
    first, second = await queued(pool, 2)
    failing.set()
    with pytest.raises(UpstreamUnreachable):
        await first
    async with asyncio.timeout(DEADLINE):
        assert not (await second).closed


async def test_a_connection_that_was_closed_as_it_opened_is_unreachable_and_keeps_no_place(
    pool: OriginPool, opener: Opener
) -> None:
    opener.dead_on_arrival = True
    with pytest.raises(UpstreamUnreachable):
        await pool.acquire()
    opener.dead_on_arrival = False
    async with asyncio.timeout(DEADLINE):
        assert not (await pool.acquire()).closed


async def test_a_connection_that_closes_while_it_is_kept_frees_its_place(pool: OriginPool) -> None:
    connection = await pool.acquire()
    pool.on_idle(connection)
    connection.close()
    assert pool.take() is None
    async with asyncio.timeout(DEADLINE):
        assert await pool.acquire() is not connection


async def test_a_connection_that_was_never_handed_out_frees_no_place_of_another(
    pool: OriginPool, opener: Opener
) -> None:
    """An opening that is cancelled late leaves a connection that closes by itself."""
    connection = await pool.acquire()
    FakeConnection(pool).close()
    (waiting,) = await queued(pool, 1)
    assert [opened.real for opened in opener.opened] == [connection]
    waiting.cancel()


async def test_a_closed_pool_hands_out_keeps_and_opens_nothing(pool: OriginPool, opener: Opener) -> None:
    connection = await pool.acquire()
    (waiting,) = await queued(pool, 1)
    pool.close()
    with pytest.raises(UpstreamUnreachable):
        await waiting
    pool.on_idle(connection)
    assert connection.closed
    with pytest.raises(UpstreamUnreachable):
        await pool.acquire()
    assert len(opener.opened) == 1


async def test_what_is_opened_while_the_pool_closes_is_closed(pool: OriginPool, opener: Opener) -> None:
    opener.may_open.clear()
    (opening,) = await queued(pool, 1)
    pool.close()
    opener.may_open.set()
    with pytest.raises(UpstreamUnreachable):
        await opening
    assert opener.opened[0].closed

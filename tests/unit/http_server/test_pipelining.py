import asyncio

import pytest
from tests.unit.http_server.applications import Gate, RecordingApp, answer_without_reading, until_gone
from tests.unit.http_server.heads import get, post
from tests.unit.http_server.raw_client import connected
from tests.unit.http_server.servers import serving

from entrypoints.http.server.limits import RequestLimits


async def test_answers_come_in_the_order_of_the_requests() -> None:
    requests = [
        get(b"/%d" % number) if number % 2 else post(b"Content-Length: 3\r\n", b"abc") for number in range(50)
    ]
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        await client.send(b"".join(requests))
        bodies = [(await client.answer()).body for _ in requests]
    assert bodies == [b"GET /%d 0" % number if number % 2 else b"POST / 3" for number in range(50)]


async def test_a_request_waits_until_the_one_before_it_is_answered() -> None:
    gate = Gate()
    app = RecordingApp(slow=gate)
    async with serving(app) as served, connected(served.port) as client:
        await client.send(get(b"/slow") + get(b"/next"))
        await app.entered.wait()
        await asyncio.sleep(0.05)
        assert app.paths == ["/slow"]
        gate.opened.set()
        assert [(await client.answer()).body for _ in range(2)] == [b"GET /slow 0", b"GET /next 0"]


async def test_only_so_many_requests_may_wait() -> None:
    gate = Gate()
    app = RecordingApp(slow=gate)
    async with serving(app, limits=RequestLimits(pipelined=3)) as served, connected(served.port) as client:
        await client.send(get(b"/slow") + get() * 10)
        await app.entered.wait()
        gate.opened.set()
        assert [answer.status for answer in await client.answers_until_end()] == [200, 200, 200, 200, 400]
    assert len(app.scopes) == 4


async def test_nothing_is_answered_after_a_request_that_closes() -> None:
    app = RecordingApp()
    async with serving(app) as served, connected(served.port) as client:
        await client.send(get(headers=b"Host: a\r\nConnection: close\r\n") + get(b"/next"))
        answers = await client.answers_until_end()
    assert [answer.headers["connection"] for answer in answers] == ["close"]
    assert app.paths == ["/"]


@pytest.mark.parametrize(
    "behind", [b"", get(b"/waiting"), get()[:-1]], ids=["nothing", "a request", "half a request"]
)
async def test_the_application_learns_that_the_client_left(behind: bytes) -> None:
    """uvicorn tells only the request that arrived last: the others would run for ever."""
    app = RecordingApp(stream=until_gone)
    async with serving(app) as served:
        async with connected(served.port) as client:
            await client.send(get(b"/stream") + behind)
            await client.head()
            client.writer.transport.abort()
        async with asyncio.timeout(5):
            while not app.gone:
                await asyncio.sleep(0.01)
    assert app.paths == ["/stream"]


async def test_an_answer_is_not_lost_to_what_the_client_goes_on_sending() -> None:
    """With bytes unread, a plain close would reset the connection before the client has read its answer."""
    app = RecordingApp(early=answer_without_reading)
    async with serving(app) as served:
        for _ in range(20):
            async with connected(served.port) as client:
                head = b"POST /early HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n"
                await client.send(head + bytes(900_000))
                assert (await client.answer()).body == b"early"
                assert await client.rest() == b""


async def test_a_client_that_stays_after_the_last_answer_is_let_go_of() -> None:
    limits = RequestLimits(send_secs=0.1)
    async with serving(RecordingApp(), limits=limits) as served, connected(served.port) as client:
        await client.send(get(headers=b"Host: a\r\nConnection: close\r\n"))
        await client.answer()
        with pytest.raises(ConnectionError):
            while True:
                await client.send(b"more")
                await asyncio.sleep(0.02)

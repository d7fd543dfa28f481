"""How long and how large a request may be while it comes in."""

import asyncio

import pytest
from tests.unit.http_server.applications import Gate, RecordingApp, answer_without_reading, flood, until_gone
from tests.unit.http_server.heads import get, post
from tests.unit.http_server.raw_client import ask, connected
from tests.unit.http_server.servers import plain_uvicorn, serving

from entrypoints.http.server.limits import RequestLimits

QUICK = RequestLimits(head_secs=0.15, body_secs=0.15, send_secs=0.15, keep_alive_secs=0.15)
PARTIAL_BODY = post(b"Content-Length: 10\r\n", b"abc")
PARTIAL_CHUNKS = post(b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n")


@pytest.mark.parametrize("part", [b"G", b"GET / HTTP/1.1\r\n", get()[:-1]])
async def test_a_head_that_does_not_arrive_in_time_is_refused(part: bytes) -> None:
    async with serving(RecordingApp(), limits=QUICK) as served:
        assert (await ask(served.port, part)).status == 408


async def test_a_head_that_trickles_in_has_no_more_time_than_one_that_stops() -> None:
    async with serving(RecordingApp(), limits=QUICK) as served, connected(served.port) as client:
        answering = asyncio.create_task(client.answer())
        await client.send(b"GET / HTTP/1.1\r\nX: ")
        while not answering.done():
            await client.send(b"x")
            await asyncio.sleep(0.02)
        assert answering.result().status == 408


async def test_the_second_head_of_a_connection_has_its_own_time() -> None:
    async with serving(RecordingApp(), limits=QUICK) as served, connected(served.port) as client:
        await client.send(get() + get()[:-1])
        assert [answer.status for answer in await client.answers_until_end()] == [200, 408]


@pytest.mark.parametrize("part", [PARTIAL_BODY, PARTIAL_CHUNKS], ids=["length", "chunks"])
async def test_a_body_that_falls_silent_is_refused_and_the_application_told(part: bytes) -> None:
    app = RecordingApp()
    async with serving(app, limits=QUICK) as served, connected(served.port) as client:
        await client.send(part)
        assert [answer.status for answer in await client.answers_until_end()] == [408]
        assert served.refused == [408]
        assert app.gone == ["/"]  # although the client is still there


async def test_a_body_that_trickles_in_does_not_live_forever() -> None:
    app = RecordingApp()
    async with serving(app, limits=QUICK) as served, connected(served.port) as client:
        answering = asyncio.create_task(client.answer())
        await client.send(post(b"Content-Length: 100000\r\n"))
        while not answering.done():
            await client.send(b"x")
            await asyncio.sleep(0.02)
        assert answering.result().status == 408


async def test_a_body_that_comes_at_a_fair_rate_may_take_longer_than_any_silence() -> None:
    limits = RequestLimits(body_secs=0.2, body_bytes_per_sec=1000)
    async with serving(RecordingApp(), limits=limits) as served, connected(served.port) as client:
        await client.send(post(b"Content-Length: 3000\r\n"))
        for _ in range(10):
            await client.send(bytes(300))
            await asyncio.sleep(0.05)
        assert (await client.answer()).body == b"POST / 3000"


async def test_a_body_that_nobody_reads_is_not_taken_for_a_silent_one() -> None:
    """Back-pressure: the client would send, but the application has not asked yet."""
    gate = Gate()
    async with serving(RecordingApp(slow=gate), limits=QUICK) as served, connected(served.port) as client:
        size = 1_000_000
        await client.send(b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
        sending = asyncio.create_task(client.send(bytes(size)))
        await asyncio.sleep(0.5)
        gate.opened.set()
        assert (await client.answer()).body == b"POST /slow 1000000"
        await sending


async def test_a_request_that_waits_for_its_turn_does_not_run_out_of_time_meanwhile() -> None:
    gate = Gate()
    async with serving(RecordingApp(slow=gate), limits=QUICK) as served, connected(served.port) as client:
        await client.send(get(b"/slow") + PARTIAL_BODY)
        await asyncio.sleep(0.5)
        assert served.refused == []
        gate.opened.set()
        assert (await client.answer()).status == 200
        await client.send(b"defghij")
        assert (await client.answer()).body == b"POST / 10"


async def test_a_broken_body_of_a_waiting_request_is_refused_after_the_answers_before_it() -> None:
    gate = Gate()
    app = RecordingApp(slow=gate)
    async with serving(app) as served, connected(served.port) as client:
        await client.send(get(b"/slow") + PARTIAL_CHUNKS + b"nonsense")
        await app.entered.wait()
        gate.opened.set()
        assert [answer.status for answer in await client.answers_until_end()] == [200, 400]
    assert app.paths == ["/slow"]


async def test_a_body_that_falls_silent_once_the_response_has_begun_ends_the_connection() -> None:
    app = RecordingApp(stream=until_gone)
    async with serving(app, limits=QUICK) as served, connected(served.port) as client:
        await client.send(b"POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        assert (await client.head()).status == 200
        with pytest.raises((ConnectionError, EOFError)):
            await client.exactly(1)
    assert app.gone == ["/stream"]


async def test_a_connection_that_never_sends_is_closed_without_a_word() -> None:
    async with serving(RecordingApp(), limits=QUICK) as served, connected(served.port) as client:
        assert await client.rest() == b""
        assert served.refused == []


async def test_an_idle_connection_is_closed_without_a_word() -> None:
    async with serving(RecordingApp(), limits=QUICK) as served, connected(served.port) as client:
        await client.send(get())
        await client.answer()
        assert await client.rest() == b""


async def test_a_long_answer_is_no_idle_time() -> None:
    gate = Gate()
    async with serving(RecordingApp(slow=gate), limits=QUICK) as served, connected(served.port) as client:
        await client.send(get(b"/slow"))
        await asyncio.sleep(0.5)
        gate.opened.set()
        assert (await client.answer()).status == 200


async def test_an_endless_head_is_refused_while_it_comes_in() -> None:
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        await client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
        answering = asyncio.create_task(client.answer())
        sent = 0
        while not answering.done():
            await client.send(b"X: y\r\n" * 100)
            sent += 600
            await asyncio.sleep(0)
        assert answering.result().status == 431
        assert sent < 1_000_000


async def test_an_endless_header_is_refused_while_it_comes_in() -> None:
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        await client.send(b"GET / HTTP/1.1\r\nX: ")
        for _ in range(40):
            await client.send(b"x" * 1000)
            await asyncio.sleep(0)
        assert (await client.answer()).status == 431


async def test_the_size_of_a_head_is_counted_exactly_when_it_comes_in_pieces() -> None:
    whole = get(headers=b"Host: a\r\nX: " + b"x" * 31_000 + b"\r\n")
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        for _ in range(3):  # what came before on the connection must not count
            for at in range(0, len(whole), 5_000):
                await client.send(whole[at : at + 5_000])
                await asyncio.sleep(0)
            assert (await client.answer()).status == 200


async def test_what_comes_before_a_head_in_one_read_is_not_counted_to_it() -> None:
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        await client.send(post(b"Content-Length: 60000\r\n", bytes(60_000)) + get()[:10])
        assert (await client.answer()).body == b"POST / 60000"
        await client.send(get()[10:])
        assert (await client.answer()).body == b"GET / 0"


async def test_a_refused_client_that_goes_on_sending_still_gets_to_read_why() -> None:
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        await client.send(b"GET / HTTP/1.1\r\nX: " + b"x" * 4_000_000)
        assert (await client.answer()).status == 431
        assert await client.rest() == b""


async def test_a_refused_client_is_not_listened_to_forever() -> None:
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        with pytest.raises(ConnectionError):
            await client.send(b"GET / HTTP/1.1\r\nX: ")
            for _ in range(1000):
                await client.send(b"x" * 100_000)


async def test_uvicorn_itself_accepts_a_head_of_a_megabyte() -> None:
    app = RecordingApp()
    async with plain_uvicorn(app) as port:
        assert (await ask(port, get(headers=b"Host: a\r\nX: " + b"x" * 1_000_000 + b"\r\n"))).status == 200


@pytest.mark.parametrize(
    "filler", [b"1;" + b"x" * 60_000 + b"\r\na\r\n", b"0\r\n" + b"X: y\r\n" * 10_000], ids=["extensions", "trailers"]
)
async def test_the_framing_of_a_body_cannot_outgrow_it(filler: bytes) -> None:
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        await client.send(post(b"Transfer-Encoding: chunked\r\n"))
        for at in range(0, len(filler), 1000):
            await client.send(filler[at : at + 1000])
            await asyncio.sleep(0)
        answer = await client.answer()
        assert answer.status == 400
        assert "framing" in answer.error


async def test_chunks_of_one_byte_are_allowed() -> None:
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        await client.send(post(b"Transfer-Encoding: chunked\r\n"))
        for _ in range(200):
            await client.send(b"1\r\nx\r\n" * 100)
            await asyncio.sleep(0)
        await client.send(b"0\r\n\r\n")
        assert (await client.answer()).body == b"POST / 20000"


@pytest.mark.parametrize("broken", [b"xyz\r\n", b"3\r\nabcd\r\n", b"-1\r\n", b"3\nabc", b"3 \r\nabc\r\n"])
async def test_a_body_whose_framing_breaks_is_refused_and_the_application_told(broken: bytes) -> None:
    app = RecordingApp()
    async with serving(app) as served, connected(served.port) as client:
        await client.send(post(b"Transfer-Encoding: chunked\r\n"))
        await app.entered.wait()
        await client.send(broken)
        assert [answer.status for answer in await client.answers_until_end()] == [400]
    assert app.gone == ["/"]


async def test_what_is_left_of_a_body_after_its_answer_is_read_away_within_bounds() -> None:
    app = RecordingApp(early=answer_without_reading)
    head = b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
    async with serving(app) as served:
        async with connected(served.port) as client:
            await client.send(head % 500_000 + bytes(500_000) + get())
            assert [(await client.answer()).body for _ in range(2)] == [b"early", b"GET / 0"]
        async with connected(served.port) as client:
            await client.send(head % 5_000_000 + bytes(3_000_000))
            assert (await client.answer()).body == b"early"
            assert await client.rest() == b""


async def test_a_client_that_takes_nothing_of_its_answer_is_cut_off() -> None:
    app = RecordingApp(flood=flood)
    async with serving(app, limits=QUICK) as served, connected(served.port) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(get(b"/flood"))
        async with asyncio.timeout(10):
            while not app.gone:
                await asyncio.sleep(0.05)


async def test_a_client_is_cut_off_too_when_it_ends_its_body_after_it_has_stopped_reading() -> None:
    app = RecordingApp(flood=flood)
    async with serving(app, limits=RequestLimits(send_secs=0.3)) as served, connected(served.port) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(b"POST /flood HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
        await asyncio.sleep(0.2)
        await client.send(b"def")
        async with asyncio.timeout(10):
            while not app.gone:
                await asyncio.sleep(0.05)


async def test_a_client_that_takes_its_answer_slowly_is_not() -> None:
    app = RecordingApp(flood=flood)
    limits = RequestLimits(send_secs=0.5)
    async with serving(app, limits=limits) as served, connected(served.port) as client:
        await client.send(get(b"/flood"))
        await client.head()
        for _ in range(10):
            await client.chunk()
            await asyncio.sleep(0.1)
        assert app.gone == []

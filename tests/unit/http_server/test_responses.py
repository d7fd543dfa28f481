"""What the server makes of the things applications say."""

import asyncio
import logging

import pytest
from tests.unit.http_server.applications import RecordingApp, answer, echo
from tests.unit.http_server.heads import get, post
from tests.unit.http_server.raw_client import ask, connected
from tests.unit.http_server.servers import plain_uvicorn, serving

from entrypoints.http.asgi import Receive, Scope, Send
from entrypoints.http.server.cycle import ConnectionCut

HTTP10 = b"GET /parts HTTP/1.0\r\n\r\n"


async def parts(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"one ", "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    await send({"type": "http.response.body", "body": b"two"})


async def breaks(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("broken")


async def breaks_in_the_middle(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"one ", "more_body": True})
    raise RuntimeError("broken")


async def cuts(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"one ", "more_body": True})
    raise ConnectionCut


async def says_nothing(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
    return


async def ends_early(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def test_a_response_of_unknown_length_is_chunked() -> None:
    async with serving(RecordingApp(parts=parts)) as served, connected(served.port) as client:
        await client.send(get(b"/parts") + get())
        assert (await client.answer()).body == b"one two"
        assert (await client.answer()).body == b"GET / 0"


async def test_for_http_1_0_the_end_of_the_connection_ends_it_instead() -> None:
    async with serving(RecordingApp(parts=parts)) as served, connected(served.port) as client:
        await client.send(HTTP10)
        head = await client.head()
        assert head.headers.keys() == {"date", "connection"}
        assert await client.rest() == b"one two"


async def test_uvicorn_itself_sends_chunks_to_http_1_0() -> None:
    async with plain_uvicorn(RecordingApp(parts=parts)) as port, connected(port) as client:
        await client.send(HTTP10)
        assert (await client.head()).headers["transfer-encoding"] == "chunked"


async def test_a_known_length_is_kept_for_http_1_0() -> None:
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        await client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert (await client.answer()).body == b"GET / 0"
        assert await client.rest() == b""


async def test_a_body_that_waits_to_be_asked_for_is_asked_for() -> None:
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        await client.send(post(b"Expect: 100-continue\r\nContent-Length: 3\r\n"))
        assert await client.exactly(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"abc")
        assert (await client.answer()).body == b"POST / 3"


async def test_http_1_0_is_never_told_to_continue() -> None:
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        await client.send(post(b"Expect: 100-continue\r\nContent-Length: 3\r\n", b"abc", b"1.0"))
        assert (await client.head()).status == 200


@pytest.mark.parametrize("behaviour", [breaks, says_nothing])
async def test_an_application_that_fails_before_its_response_is_answered_for(
    behaviour: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(RecordingApp(broken=behaviour)) as served:  # type: ignore[arg-type]
        response = await ask(served.port, get(b"/broken"))
    assert (response.status, response.error) == (500, "Internal server error")
    assert [record.levelno for record in caplog.records if record.name == "uvicorn.error"] == [logging.ERROR]


@pytest.mark.parametrize("behaviour", [breaks_in_the_middle, ends_early, cuts])
async def test_a_response_that_breaks_off_is_not_taken_for_a_whole_one(behaviour: object) -> None:
    async with serving(RecordingApp(broken=behaviour)) as served, connected(served.port) as client:  # type: ignore[arg-type]
        await client.send(get(b"/broken"))
        await client.head()
        assert (await client.rest()) in (b"4\r\none \r\n", b"")


async def test_a_response_that_breaks_off_resets_an_http_1_0_connection() -> None:
    async with serving(RecordingApp(parts=breaks_in_the_middle)) as served, connected(served.port) as client:
        await client.send(HTTP10)
        with pytest.raises(ConnectionResetError):
            await client.rest()


async def test_a_cut_on_purpose_is_not_logged_as_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(RecordingApp(broken=cuts)) as served, connected(served.port) as client:
        await client.send(get(b"/broken"))
        await client.rest()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_work_after_the_response_does_not_hold_up_the_next_request() -> None:
    release = asyncio.Event()

    async def works_on(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"done")
        await release.wait()

    async with serving(RecordingApp(busy=works_on)) as served, connected(served.port) as client:
        await client.send(get(b"/busy") + get())
        assert [(await client.answer()).body for _ in range(2)] == [b"done", b"GET / 0"]
        release.set()


async def test_a_failure_after_the_response_leaves_the_next_request_alone() -> None:
    async def fails_late(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
        await echo(app, scope, receive, send)
        await asyncio.sleep(0.05)
        raise RuntimeError("late")

    async with serving(RecordingApp(late=fails_late)) as served, connected(served.port) as client:
        await client.send(get(b"/late"))
        await client.answer()
        await client.send(get(b"/late"))
        await client.answer()
        await asyncio.sleep(0.1)
        await client.send(get())
        assert (await client.answer()).status == 200

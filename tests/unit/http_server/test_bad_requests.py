import contextlib

import pytest
from tests.unit.http_server.applications import RecordingApp
from tests.unit.http_server.heads import BAD, Bad, get
from tests.unit.http_server.raw_client import connected
from tests.unit.http_server.servers import plain_uvicorn, serving

WELL = get(b"/well")


@pytest.mark.parametrize("bad", [pytest.param(bad, id=bad.what) for bad in BAD])
async def test_a_bad_request_is_refused_in_one_sentence_and_reaches_no_application(bad: Bad) -> None:
    app = RecordingApp()
    async with serving(app) as served, connected(served.port) as client:
        await client.send(bad.request)
        answer = await client.answer()
        assert answer.status == bad.status
        assert answer.error.endswith(".")
        assert answer.headers["connection"] == "close"
        assert answer.headers["content-type"] == "application/json"
        assert "date" in answer.headers
        assert await client.rest() == b""
        assert served.refused == [bad.status]
    assert app.scopes == []


@pytest.mark.parametrize("bad", [pytest.param(bad, id=bad.what) for bad in BAD])
async def test_a_bad_request_spoils_what_follows_it_on_the_connection(bad: Bad) -> None:
    app = RecordingApp()
    async with serving(app) as served, connected(served.port) as client:
        await client.send(WELL + bad.request + WELL)
        statuses = [answer.status for answer in await client.answers_until_end()]
    assert statuses == [200, bad.status]
    assert app.paths == ["/well"]


@pytest.mark.parametrize("bad", [pytest.param(bad, id=bad.what) for bad in BAD])
async def test_this_is_what_uvicorn_itself_does_with_it(bad: Bad) -> None:
    app = RecordingApp()
    async with plain_uvicorn(app) as port, connected(port) as client:
        await client.send(bad.request)
        with contextlib.suppress(EOFError):
            await client.head()
    assert bool(app.scopes) is bad.plain

"""Line 12, the way back: headers, 502 JSON, upstream 4xx/5xx bodies untouched, big ids untouched (wire 7.2, 7.3)."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
from tests.compatibility.proxied import Proxied, proxied
from tests.compatibility.raw_http import ask
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response
from entrypoints.demo.ports import free_socket, origin_of

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", params=["false", "true"], ids=["asgi", "fast-lane"])
async def standing(deployment: Deployment, request: pytest.FixtureRequest) -> AsyncIterator[Proxied]:
    async with proxied(deployment, GATEWAY_FAST_LANE=request.param, NOETL_TIMEOUT_SECS="0.5") as pair:
        yield pair


@pytest.fixture
def proxy(standing: Proxied) -> Proxied:
    standing.far.forget()
    return standing


@pytest.mark.parametrize("status", [200, 201, 202, 400, 401, 403, 404, 409, 418, 422, 500, 502, 503, 599])
async def test_line_12_status_and_body_pass_as_they_are(proxy: Proxied, status: int) -> None:
    body = b'{"detail": "As <b>NoETL</b> said it", "id": 9223372036854775807, "x":1.10}'
    proxy.far.answers(Response(status=status, headers=(("content-type", "application/json"),), body=body))
    answer = await proxy.ask("x")
    assert (answer.status, answer.body) == (status, body)
    assert answer.header("content-type") == "application/json"
    assert answer.header("content-length") == str(len(body))


PASSED = {
    "cache-control": "max-age=5",
    "content-disposition": 'attachment; filename="a"',
    "content-language": "de",
    "content-range": "bytes 0-1/2",
    "etag": '"a"',
    "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT",
    "retry-after": "5",
    "www-authenticate": 'Bearer realm="x"',
    "x-total-count": "7",
}
DROPPED = {
    "set-cookie": "session=stolen",
    "access-control-allow-origin": "*",
    "server": "uvicorn/1",
    "strict-transport-security": "max-age=1",
    "x-accel-redirect": "/etc/passwd",
    "alt-svc": "h3",
}


async def test_line_12_the_headers_that_clients_may_see(proxy: Proxied) -> None:
    """D53, and none that would speak for the gateway itself."""
    proxy.far.answers(Response(headers=(*PASSED.items(), *DROPPED.items()), body=b"ab"))
    answer = await proxy.ask("x")
    assert {name: answer.header(name) for name in PASSED} == PASSED
    for name in DROPPED:
        assert DROPPED[name] not in answer.all(name)


async def test_line_12_a_compressed_answer_stays_compressed(proxy: Proxied) -> None:
    packed = gzip.compress(b"hello" * 100)
    proxy.far.answers(Response(headers=(("content-encoding", "gzip"),), body=packed))
    answer = await proxy.ask("x", [("Accept-Encoding", "gzip")])
    assert (answer.header("content-encoding"), answer.body) == ("gzip", packed)


@pytest.mark.parametrize(
    ("location", "seen"),
    [
        ("/api/executions/5?a=%2F", "/noetl/executions/5?a=%2F"),
        ("{far}/api/executions/5", "/noetl/executions/5"),
        ("https://elsewhere.example/api/x", None),
        ("{far}/metrics", None),
    ],
)
async def test_line_12_a_redirect_is_passed_on_and_not_followed(
    proxy: Proxied, location: str, seen: str | None
) -> None:
    """D31: followed, it took the session token to other hosts."""
    proxy.far.answers(Response(status=307, headers=(("location", location.format(far=proxy.far.url)),)))
    answer = await proxy.ask("x", method="POST", body=b"{}")
    assert (answer.status, answer.header("location")) == (307, seen)
    assert len(proxy.far.requests) == 1


@pytest.mark.parametrize("status", [204, 304])
async def test_line_12_an_answer_without_a_body_has_none(proxy: Proxied, status: int) -> None:
    proxy.far.answers(Response(status=status, headers=(("etag", '"a"'),)))
    answer = await proxy.ask("x")
    assert (answer.status, answer.body, answer.header("etag")) == (status, b"", '"a"')


async def test_line_12_head_tells_the_length_and_sends_nothing(proxy: Proxied) -> None:
    proxy.far.answers(Response(headers=(("content-type", "text/x"),), body=b"12345"))
    answer = await proxy.ask("x", method="HEAD")
    assert (answer.status, answer.header("content-type"), answer.body) == (200, "text/x", b"")


async def test_line_12_server_sent_events_pass_as_they_come(proxy: Proxied) -> None:
    """Each before the next is there; the original kept them all until the end."""
    second = asyncio.Event()

    async def ticks() -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"
        await second.wait()
        yield b"data: 2\n\n"

    async def answer(_: Request) -> Response:
        return Response(headers=(("content-type", "text/event-stream"),), body=ticks())

    proxy.far.answering = answer
    host, port = proxy.origin.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /noetl/stream HTTP/1.1\r\nHost: gw\r\nX-Session-Token: {proxy.token}\r\n\r\n".encode())
    async with asyncio.timeout(5):
        assert b"data: 1\n\n" in await reader.readuntil(b"data: 1\n\n")
        second.set()
        await reader.readuntil(b"data: 2\n\n")
    writer.close()
    await writer.wait_closed()


async def test_line_12_silence_is_504(proxy: Proxied) -> None:
    """D53: it was 502, after five minutes."""

    async def silence(_: Request) -> Response:
        await asyncio.sleep(1.0)
        return Response()

    proxy.far.answering = silence
    answer = await proxy.ask("x")
    assert answer.status == 504
    assert answer.json == {"error": "Proxy request failed: NoETL did not answer in time."}


async def test_line_12_no_connection_is_502_in_json_without_internals(deployment: Deployment, proxy: Proxied) -> None:
    """D29: the text held the internal address, unescaped."""
    with free_socket() as nobody:
        nowhere = origin_of(nobody)
    async with deployment.gateway(NOETL_BASE_URL=nowhere) as cut_off:
        answer = await ask(str(cut_off.base_url), "/noetl/x", [("X-Session-Token", proxy.token)])
    assert (answer.status, answer.header("content-type")) == (502, "application/json")
    assert answer.json["error"].startswith("Proxy request failed: ")
    assert "127.0.0.1" not in answer.text


async def test_line_12_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(proxy: Proxied) -> None:
    async def torn() -> AsyncIterator[bytes]:
        yield b"first half"
        await asyncio.sleep(1.0)

    async def answer(_: Request) -> Response:
        return Response(body=torn())

    proxy.far.answering = answer
    host, port = proxy.origin.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /noetl/x HTTP/1.1\r\nHost: gw\r\nX-Session-Token: {proxy.token}\r\n\r\n".encode())
    async with asyncio.timeout(5):
        received = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b"first half" in received
    assert not received.endswith(b"0\r\n\r\n"), "the end of a chunked body"

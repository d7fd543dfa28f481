"""What must still get through, and how it arrives."""

from dataclasses import dataclass

import pytest
from tests.unit.http_server.applications import RecordingApp
from tests.unit.http_server.heads import get, post
from tests.unit.http_server.raw_client import ask, connected
from tests.unit.http_server.servers import serving

from entrypoints.http.server.limits import RequestLimits


@dataclass(frozen=True)
class Good:
    what: str
    request: bytes
    expected: bytes = b"GET / 0"


GOOD = [
    Good("a host with a port", get(headers=b"Host: a.example:8090\r\n")),
    Good("an address as host", get(headers=b"Host: 10.0.0.7:8090\r\n")),
    Good("an IPv6 host", get(headers=b"Host: [::1]:8090\r\n")),
    Good("a host of a compose file", get(headers=b"Host: my_gateway\r\n")),
    Good("a host in capitals with a final dot", get(headers=b"Host: A.Example.\r\n")),
    Good("an absolute target for this host", get(b"http://A/x?y=z"), b"GET /x 0"),
    Good("an absolute target without a path", get(b"http://a")),
    Good("an absolute target with only a query", get(b"http://a?y=z")),
    Good("HTTP/1.0 without host", b"GET / HTTP/1.0\r\n\r\n"),
    Good("an asterisk for OPTIONS", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", b"OPTIONS * 0"),
    Good("an empty line before the request", b"\r\n\r\n" + get()),
    Good("a path with two slashes", get(b"//b/c"), b"GET //b/c 0"),
    Good(
        "all printable characters",
        get(b"/a!\"$%&'()*+,-./:;<=>@[\\]^_`{|}~"),
        b"GET /a!\"$%&'()*+,-./:;<=>@[\\]^_`{|}~ 0",
    ),
    Good("a length", post(b"Content-Length: 3\r\n", b"abc"), b"POST / 3"),
    Good("a length of nothing", post(b"Content-Length: 0\r\n"), b"POST / 0"),
    Good("chunks", post(b"Transfer-Encoding: Chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n"), b"POST / 3"),
    Good(
        "chunks with extensions", post(b"Transfer-Encoding: chunked\r\n", b"3;a=b\r\nabc\r\n0\r\n\r\n"), b"POST / 3"
    ),
    Good("100 headers", get(headers=b"Host: a\r\n" + b"X: y\r\n" * 99)),
    Good("a head of 32 KB", get(headers=b"Host: a\r\nX: " + b"x" * 32_700 + b"\r\n")),
    Good(
        "a body of more than a head may have", post(b"Content-Length: 100000\r\n", bytes(100_000)), b"POST / 100000"
    ),
]


@pytest.mark.parametrize("good", [pytest.param(good, id=good.what) for good in GOOD])
async def test_a_good_request_reaches_the_application(good: Good) -> None:
    async with serving(RecordingApp()) as served:
        answer = await ask(served.port, good.request)
        assert (answer.status, answer.body) == (200, good.expected)
        assert served.refused == []


@pytest.mark.parametrize("good", [pytest.param(good, id=good.what) for good in GOOD if len(good.request) < 1000])
async def test_a_good_request_may_come_byte_by_byte(good: Good) -> None:
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        for at in range(len(good.request)):
            await client.send(good.request[at : at + 1])
        assert (await client.answer()).body == good.expected


async def test_the_scope_holds_the_request_as_it_came() -> None:
    app = RecordingApp()
    async with serving(app) as served:
        await ask(served.port, get(b"/a%20b%2Fc?d=%20", b"Host: a\r\nX-Two: 1\r\nx-two: 2\r\n"))
    scope = app.scopes[0]
    assert scope["path"] == "/a b/c"
    assert scope["raw_path"] == b"/a%20b%2Fc"
    assert scope["query_string"] == b"d=%20"
    assert scope["headers"] == [(b"host", b"a"), (b"x-two", b"1"), (b"x-two", b"2")]
    assert (scope["method"], scope["http_version"], scope["scheme"]) == ("GET", "1.1", "http")
    assert scope["client"][0] == "127.0.0.1"
    assert scope["server"] == ("127.0.0.1", served.port)


async def test_blanks_around_a_value_are_no_part_of_it() -> None:
    app = RecordingApp()
    async with serving(app) as served:
        await ask(served.port, get(headers=b"Host: a \t\r\nX:  b c\t \r\n"))
    assert app.scopes[0]["headers"] == [(b"host", b"a"), (b"x", b"b c")]


async def test_trailers_of_a_body_do_not_become_headers() -> None:
    app = RecordingApp()
    async with serving(app) as served:
        body = b"3\r\nabc\r\n0\r\nX-User-Id: 1\r\nHost: b\r\n\r\n"
        answer = await ask(served.port, post(b"Transfer-Encoding: chunked\r\n", body))
    assert answer.body == b"POST / 3"
    assert [name for name, _ in app.scopes[0]["headers"]] == [b"host", b"transfer-encoding"]


async def test_answers_say_nothing_about_the_server_software() -> None:
    async with serving(RecordingApp()) as served:
        answer = await ask(served.port, get())
    assert sorted(answer.headers) == ["content-length", "content-type", "date"]


async def test_hosts_that_are_not_allowed_are_refused_unless_a_probe_asks() -> None:
    limits = RequestLimits(allowed_hosts=("gateway.example", "*.apps.example"))
    statuses: dict[tuple[bytes, bytes], int] = {}
    async with serving(RecordingApp(), limits=limits) as served:
        for host in (b"Gateway.Example:443", b"x.apps.example", b"apps.example", b"xapps.example", b"10.0.0.7"):
            for path in (b"/noetl/x", b"/health"):
                statuses[host, path] = (await ask(served.port, get(path, b"Host: " + host + b"\r\n"))).status
        assert (await ask(served.port, b"GET / HTTP/1.0\r\n\r\n")).status == 421
    assert {host for (host, path), status in statuses.items() if status == 200 and path == b"/noetl/x"} == {
        b"Gateway.Example:443",
        b"x.apps.example",
    }
    assert {status for (_, path), status in statuses.items() if path == b"/health"} == {200}


@pytest.mark.parametrize("sizes", [[70_000], [1, 70_000], [70_000, 1], [1] * 3000, [300_000, 300_000]], ids=str)
async def test_a_body_arrives_whole_in_whatever_pieces_it_comes(sizes: list[int]) -> None:
    app = RecordingApp()
    pieces = [bytes((number % 256,)) * size for number, size in enumerate(sizes)]
    async with serving(app) as served, connected(served.port) as client:
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        await client.send(post(b"Transfer-Encoding: chunked\r\n") + chunks + b"0\r\n\r\n")
        await client.answer()
    assert app.bodies == [b"".join(pieces)]

"""Whatever bytes come in, in whatever pieces: an answer below 500 or a closed connection, and soon."""

import asyncio
import itertools
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.http_server.applications import RecordingApp
from tests.unit.http_server.raw_client import connected
from tests.unit.http_server.servers import serving

from entrypoints.http.server.limits import RequestLimits

IMPATIENT = RequestLimits(head_secs=0.02, body_secs=0.02, send_secs=1, keep_alive_secs=0.02)

methods = st.sampled_from([b"GET", b"POST", b"PUT", b"OPTIONS", b"CONNECT", b"get", b"G\x00T", b""])
targets = st.sampled_from([b"/", b"/a?b", b"*", b"http://a/x", b"//", b"/\xff", b"/#", b"/a b", b"", b"a:443"])
versions = st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"", b"HTTP/1.1 "])
names = st.sampled_from(
    [b"Host", b"Content-Length", b"Transfer-Encoding", b"Connection", b"Upgrade", b"X", b"X ", b""]
)
values = st.sampled_from(
    [b"a", b"a:80", b"0", b"3", b"5, 5", b"chunked", b"gzip, chunked", b"upgrade", b"close", b"h2c", b"", b"\xff"]
) | st.binary(max_size=8)
colons = st.sampled_from([b": ", b":", b" :", b""])
ends = st.sampled_from([b"\r\n"] * 6 + [b"\n", b"\r", b"\r\n ", b""])
headers = st.builds(lambda *parts: b"".join(parts), names, colons, values, ends)
blanks = st.sampled_from([b" "] * 4 + [b"  ", b"\t", b""])
request_lines = st.builds(lambda *parts: b"".join(parts), methods, blanks, targets, blanks, versions, ends)
bodies = st.sampled_from(
    [b"", b"abc", b"3\r\nabc\r\n0\r\n\r\n", b"0\r\n\r\n", b"3\r\nabc\r\n0\r\nX: y\r\n\r\n", b"zz\r\n"]
)
near_misses = st.builds(
    lambda line, fields, end, body: line + b"Host: a\r\n" + b"".join(fields) + end + body,
    request_lines,
    st.lists(headers, max_size=4),
    ends,
    bodies,
)
cuts = st.lists(st.integers(min_value=0, max_value=400), max_size=6)


def pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    bounds = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[start:end] for start, end in itertools.pairwise(bounds)]


async def statuses_for(app: RecordingApp, parts: Sequence[bytes]) -> list[int]:
    async with serving(app, limits=IMPATIENT, websockets=False) as served, connected(served.port) as client:
        for part in parts:
            client.writer.write(part)
            await asyncio.sleep(0)
        return [answer.status for answer in await client.answers_until_end()]


@settings(max_examples=150, deadline=None)
@given(data=st.lists(near_misses | st.binary(max_size=60), min_size=1, max_size=3).map(b"".join), cuts=cuts)
async def test_any_bytes_get_an_answer_below_500_or_a_closed_connection(data: bytes, cuts: list[int]) -> None:
    app = RecordingApp()
    statuses = await statuses_for(app, pieces(data, cuts))
    assert all(status < 500 for status in statuses)
    assert statuses.count(200) == len(app.bodies)
    for scope in app.scopes:
        fields = scope["headers"]
        assert scope["http_version"] == "1.0" or [name for name, _ in fields].count(b"host") == 1
        assert sum(name in (b"content-length", b"transfer-encoding") for name, _ in fields) <= 1
        assert all(0x21 <= byte < 0x7F and byte != 0x23 for byte in scope["raw_path"] + scope["query_string"])


paths = st.text(alphabet="abc/%20.", max_size=12).map(lambda text: b"/" + text.encode())
padding = st.sampled_from([b"", b"X: y\r\n", b"X-Long: " + b"z" * 300 + b"\r\n"])


@st.composite
def whole_requests(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """A request, its path and its body."""
    path, body, extra = draw(paths), draw(st.binary(max_size=40)), draw(padding)
    if draw(st.booleans()):
        return (
            b"POST %b HTTP/1.1\r\nHost: a\r\n%bContent-Length: %d\r\n\r\n%b" % (path, extra, len(body), body),
            path,
            body,
        )
    chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    head = b"POST %b HTTP/1.1\r\nHost: a\r\n%bTransfer-Encoding: chunked\r\n\r\n" % (path, extra)
    return head + chunk + b"0\r\n\r\n", path, body


@settings(max_examples=60, deadline=None)
@given(requests=st.lists(whole_requests(), min_size=1, max_size=5), cuts=cuts)
async def test_well_formed_requests_arrive_whole_and_in_order_however_they_are_cut(
    requests: list[tuple[bytes, bytes, bytes]], cuts: list[int]
) -> None:
    app = RecordingApp()
    statuses = await statuses_for(app, pieces(b"".join(request for request, _, _ in requests), cuts))
    assert statuses == [200] * len(requests)
    assert [scope["raw_path"] for scope in app.scopes] == [path for _, path, _ in requests]
    assert app.bodies == [body for _, _, body in requests]

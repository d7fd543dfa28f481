"""An upstream's bytes through the fast lane: the client gets a whole answer of it, a 502, or a torn connection."""

import asyncio
from collections.abc import Sequence

import h11
from tests.fuzz.cuts import ways_to_cut
from tests.fuzz.one_errand import OneErrand
from tests.fuzz.pretended_transport import PretendedTransport
from tests.fuzz.server_configuration import config_for
from tests.fuzz.upstream_answers import Reading, read
from tests.unit.http_server.applications import RecordingApp

from entrypoints.http.fast_lane.protocol import FastLaneProtocol
from entrypoints.http.server.edge import Edge
from entrypoints.http.server.limits import RequestLimits

_REQUEST = b"%b /noetl/executions HTTP/1.1\r\nHost: a\r\n\r\n"
_BAD_GATEWAY = 502


def check(data: bytes) -> None:
    with asyncio.Runner() as runner:
        for method in (b"GET", b"HEAD"):
            for cut in ([data], *ways_to_cut(data)):
                pieces = [piece for piece in cut if piece]
                # What comes after a whole answer is not part of it, whereas within one read it spoils it.
                expected = read(pieces, answers_head=method == b"HEAD", surplus="complete")
                _check_written(runner.run(_relayed(method, pieces)), expected, method)


async def _relayed(method: bytes, pieces: Sequence[bytes]) -> bytes:
    """What the client gets."""
    client, upstream = PretendedTransport(), OneErrand()
    edge = Edge(RequestLimits())
    connection = FastLaneProtocol(config_for(RecordingApp()), edge, {}, upstream)
    connection.connection_made(client)
    connection.data_received(_REQUEST % method)
    for piece in pieces:
        upstream.says(piece)
        await asyncio.sleep(0)
    upstream.ends()
    for _ in range(8):
        await asyncio.sleep(0)
    connection.connection_lost(None)
    await asyncio.sleep(0)
    assert not edge.tasks
    assert upstream.observed == 1
    return bytes(client.written)


def _check_written(written: bytes, expected: Reading, method: bytes) -> None:
    client = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    client.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(written)
    head, body, whole = _answer(client)
    if expected.state in ("complete", "open"):
        assert expected.head is not None
        assert whole
        assert (head, body) == (expected.head.status, expected.body)
    else:
        assert not whole or head == _BAD_GATEWAY
        assert whole or expected.head is not None
    assert client.trailing_data[0] == b""


def _answer(client: h11.Connection) -> tuple[int | None, bytes, bool]:
    """Status, body, and whether it is whole."""
    head, body = client.next_event(), b""
    if not isinstance(head, h11.Response):
        return None, b"", False
    while isinstance(event := client.next_event(), h11.Data):
        body += event.data
    return head.status_code, body, isinstance(event, h11.EndOfMessage)

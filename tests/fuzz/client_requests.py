"""Bytes of clients: answered the same however they are cut, and read as h11 reads them."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.fuzz.cuts import ways_to_cut
from tests.fuzz.h11_requests import Read, requests_in
from tests.fuzz.pretended_transport import PretendedTransport
from tests.fuzz.server_configuration import config_for
from tests.unit.http_server.applications import answer

from entrypoints.http.asgi import Receive, Scope, Send
from entrypoints.http.server.edge import Edge
from entrypoints.http.server.limits import RequestLimits
from entrypoints.http.server.protocol import GatewayProtocol

_LIMITS = RequestLimits(pipelined=1_000_000)
"""How many requests wait depends on the reads, and so would the answer to one too many."""
_EARLY = "/early"
_AUTHORITY = re.compile(rb"https?://[^/?]*", re.IGNORECASE)


@dataclass
class Application:
    """Answers once it has the whole body, or at once where the path says so. `whole`: requests with their bodies."""

    scopes: list[Scope] = field(default_factory=list)
    whole: list[tuple[Scope, bytes]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if scope["path"].startswith(_EARLY):
            await answer(send, b"")
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        self.whole.append((scope, body))
        await answer(send, b"" if scope["method"] == "HEAD" else b"%d" % len(body))


@dataclass
class Served:
    application: Application
    written: bytes
    refused: list[int]


def check(data: bytes) -> None:
    with asyncio.Runner() as runner:
        whole = runner.run(serve([data]))
        cuts = [runner.run(serve(pieces)) for pieces in ways_to_cut(data)]
    for served in (whole, *cuts):
        _check_served(served)
    if any(scope["path"].startswith(_EARLY) for scope in whole.application.scopes):
        return  # What comes after an early answer is read or thrown away, depending on the reads.
    seen = _seen(whole.application)
    for cut in cuts:
        assert cut.written == whole.written
        assert _seen(cut.application) == seen
    theirs = [_in_origin_form(request) for request in requests_in(data)]
    assert seen == theirs[: len(seen)]
    assert whole.refused or len(seen) == len(theirs)


async def serve(pieces: Iterable[bytes]) -> Served:
    application, transport, refused = Application(), PretendedTransport(), list[int]()
    edge = Edge(_LIMITS, refused.append)
    connection = GatewayProtocol(config_for(application), edge, {})
    connection.connection_made(transport)
    for piece in filter(None, pieces):
        if not transport.is_closing():
            connection.data_received(piece)
        await _settle()
    connection.connection_lost(None)
    await _settle()
    assert not edge.tasks
    assert not edge.http_connections
    return Served(application, bytes(transport.written), refused)


async def _settle() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


def _check_served(served: Served) -> None:
    statuses = _statuses(served.written)
    assert all(status < 500 for status in statuses)
    assert [status for status in statuses if status >= 400] == served.refused[: sum(s >= 400 for s in statuses)]
    for scope in served.application.scopes:
        names = [name for name, _ in scope["headers"]]
        assert scope["http_version"] == "1.0" or names.count(b"host") == 1
        assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1
        assert all(0x21 <= byte < 0x7F and byte != 0x23 for byte in scope["raw_path"] + scope["query_string"])
        assert scope["raw_path"].startswith(b"/") or (scope["raw_path"], scope["method"]) == (b"*", "OPTIONS")


def _statuses(written: bytes) -> list[int]:
    """Everything written is whole answers of the server."""
    found = []
    while written:
        head, end, written = written.partition(b"\r\n\r\n")
        assert end
        assert head.startswith(b"HTTP/1.1 ")
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        found.append(int(head[9:12]))
        written = written[int(fields.get(b"content-length", b"0")) :]
    return found


def _seen(application: Application) -> list[Read]:
    return [(scope["method"], _target(scope), scope["headers"], body) for scope, body in application.whole]


def _target(scope: Scope) -> bytes:
    path: bytes = scope["raw_path"]
    return path + b"?" + scope["query_string"] if scope["query_string"] else path


def _in_origin_form(request: Read) -> Read:
    """As far as the gateway goes in it: an absolute target is its path, and an empty query is none."""
    method, target, headers, body = request
    if not target.startswith(b"/"):
        target = _AUTHORITY.sub(b"", target)
        target = target if target.startswith((b"/", b"*")) else b"/" + target
    return method, target.removesuffix(b"?") if target.count(b"?") == 1 else target, headers, body

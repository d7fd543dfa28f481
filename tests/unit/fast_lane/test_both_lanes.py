"""The same random request through both lanes: NoETL and the client must see the same, byte for byte."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.unit.adapters.http1.scripted_server import Peer, reset
from tests.unit.adapters.http1.scripted_server import serving as upstream_serving
from tests.unit.domain.gateway import ALICE, Gateway
from tests.unit.fast_lane.lanes import SOON, Lane, lane
from tests.unit.fast_lane.vocabulary import (
    ANSWERED_FIELDS,
    BASE,
    BODILESS_FIELDS,
    EXPIRED,
    FRAMING_FIELDS,
    HOST,
    KNOWN,
    KNOWN_TOKENS,
    ODD_TOKENS,
    PLAIN_SEGMENTS,
    PREFIXES,
    QUERIES,
    SEGMENTS,
    SIZES,
    SIZES_OF_ONE_READ,
    STATUSES,
)

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from domain.identity import Session
from domain.ports.telemetry import Count


class Script:
    """What NoETL answers, packet by packet, and what it does then: `keep`, `close` or `reset`."""

    def __init__(self, packets: tuple[bytes, ...], then: str) -> None:
        self.packets = packets
        self.then = then

    def __repr__(self) -> str:
        return f"Script({[(len(packet), packet[:200]) for packet in self.packets]}, {self.then})"


@dataclass(frozen=True)
class Case:
    method: bytes
    target: bytes
    version: bytes
    fields: tuple[bytes, ...]
    body: bytes
    script: Script

    def bytes_with(self, known: Session, expired: Session) -> bytes:
        fields = b"".join(b"%b\r\n" % each for each in self.fields)
        for name, session in ((KNOWN, known), (EXPIRED, expired)):
            fields = fields.replace(name, session.token.text.encode())
        return b"%b %b %b\r\nhost: %b\r\n%b\r\n%b" % (
            self.method,
            self.target,
            self.version,
            HOST,
            fields,
            self.body,
        )


plain_segments = st.sampled_from(PLAIN_SEGMENTS)
targets = st.builds(
    lambda prefix, path, query: prefix + b"/".join(path) + query,
    st.sampled_from(PREFIXES),
    st.lists(plain_segments, max_size=3) | st.lists(st.sampled_from([*SEGMENTS, b""]), max_size=3),
    st.sampled_from(QUERIES),
)
bodiless_fields = st.sampled_from(BODILESS_FIELDS)


def _framed(framing: str, content: bytes) -> tuple[bytes, bytes]:
    """The header that frames a body, and the bytes of the body."""
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content) if content else b"0\r\n\r\n"
    return {
        "length": (b"content-length: %d\r\n" % len(content), content),
        "short": (b"content-length: %d\r\n" % (len(content) + 5), content),
        "long": (b"content-length: %d\r\n" % max(0, len(content) - 1), content),
        "chunked": (b"transfer-encoding: chunked\r\n", chunked),
        "broken chunk": (b"transfer-encoding: chunked\r\n", b"2\r\nok\r\nzz\r\n"),
        "trailing": (b"transfer-encoding: chunked\r\n", chunked + b"x"),
        "both": (b"content-length: 2\r\ntransfer-encoding: chunked\r\n", chunked),
        "close": (b"", content),
        "no number": (b"content-length: two\r\n", content),
    }[framing]


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    if draw(st.integers(0, 9)) == 0:
        nothing = draw(st.sampled_from([b"", b"garbage\r\n\r\n", b"HTTP/1.1 101 X\r\n\r\n", b"HTTP/1.1 200 OK\r\nx"]))
        return Script((nothing,), draw(st.sampled_from(["close", "reset"])))
    framings = ["length"] * 6 + ["chunked"] * 3
    framings += ["close", "short", "long", "broken chunk", "trailing", "both", "no number"]
    framing = draw(st.sampled_from(framings))
    # What breaks in a later read than the one it began in is cut or refused, as the task's turn has come or not.
    sizes = SIZES if framing in ("length", "chunked", "close") else SIZES_OF_ONE_READ
    header, body = _framed(framing, b"0123456789" * (draw(st.sampled_from(sizes)) // 10))
    fields = b"".join(b"%b\r\n" % each for each in draw(st.lists(st.sampled_from(ANSWERED_FIELDS), max_size=3)))
    head = b"HTTP/1.1 %d Whatever\r\n%b%b\r\n" % (draw(st.sampled_from(STATUSES)), fields, header)
    if draw(st.integers(0, 9)) == 0:
        head = b"HTTP/1.1 100 Continue\r\n\r\n" + head
    whole = head + body
    cut = draw(st.just(len(whole)) | st.just(len(head)) | st.integers(1, len(whole)))
    ends = ["close"] if framing in ("close", "short") else ["keep"] * 4 + ["close"]
    return Script(tuple(part for part in (whole[:cut], whole[cut:]) if part), draw(st.sampled_from(ends)))


@st.composite
def plain_cases(draw: st.DrawFn) -> Case:
    """What the fast lane should take, mostly."""
    return Case(
        method=draw(st.sampled_from([b"GET", b"GET", b"HEAD"])),
        target=b"/noetl/"
        + b"/".join(draw(st.lists(plain_segments, min_size=1, max_size=3)))
        + draw(st.sampled_from(QUERIES)),
        version=b"HTTP/1.1",
        fields=tuple(
            draw(st.permutations([draw(st.sampled_from(KNOWN_TOKENS)), *draw(st.lists(bodiless_fields, max_size=4))]))
        ),
        body=b"",
        script=draw(scripts()),
    )


@st.composite
def odd_cases(draw: st.DrawFn) -> Case:
    fields = [
        draw(st.sampled_from(KNOWN_TOKENS + ODD_TOKENS)),
        *draw(st.lists(st.sampled_from(BODILESS_FIELDS + FRAMING_FIELDS), max_size=4)),
    ]
    announced = b"".join(fields).lower()
    body = b"abc" if b"content-length: 3" in announced else b""
    body += b"3\r\nabc\r\n0\r\n\r\n" if b"chunked" in announced else b""
    return Case(
        method=draw(st.sampled_from([b"GET"] * 8 + [b"HEAD"] * 3 + [b"POST", b"OPTIONS", b"DELETE", b"TRACE"])),
        target=draw(targets),
        version=draw(st.sampled_from([b"HTTP/1.1"] * 15 + [b"HTTP/1.0"])),
        fields=tuple(draw(st.permutations(fields))),
        body=body,
        script=draw(scripts()),
    )


@dataclass
class Seen:
    """By the client: each answer's head and body, and whether the connection went on. By NoETL: each request."""

    client: list[tuple[bytes, bytes]] = field(default_factory=list)
    ended: bool = False
    noetl: list[bytes] = field(default_factory=list)
    observed: list[int] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    rejected: int = 0
    counted: Counter[tuple[Count, str]] = field(default_factory=Counter)


class ScriptedNoetl:
    """Answers as the script says to whatever is no warming up, and notes what it was sent."""

    def __init__(self) -> None:
        self.script = Script((), "keep")
        self.requests: list[bytes] = []
        self.answering = 0
        self.base_url = b""

    async def __call__(self, peer: Peer) -> None:
        while True:
            raw = await peer.reader.readuntil(b"\r\n\r\n")
            if b"/api/warm " in raw:
                await peer.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                continue
            if b"content-length: 3" in raw:
                raw += await peer.reader.readexactly(3)
            elif b"transfer-encoding: chunked" in raw:
                raw += await peer.reader.readuntil(b"0\r\n\r\n")
            self.requests.append(raw)
            self.answering += 1
            try:
                for packet in self.script.packets:
                    if peer.writer.is_closing():
                        return
                    await peer.answer(packet)
                    await asyncio.sleep(0.002)
            finally:
                self.answering -= 1
            if self.script.then == "reset" and not peer.writer.is_closing():
                reset(peer)
            if self.script.then != "keep":
                return

    async def done(self) -> None:
        """Until the gateway has got everything, also what comes behind the end of an answer."""
        while self.answering:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.004)


def _without(line: bytes, raw: bytes) -> bytes:
    return re.sub(rb"\r\n" + line + rb": [^\r]*", b"", raw)


async def _read_answer(reader: asyncio.StreamReader, method: bytes) -> tuple[bytes, bytes] | None:
    """None at the end of the connection. What breaks off is there as far as it came."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        return (error.partial, b"") if error.partial else None
    status = int(head.split(b" ", 2)[1])
    shown = _without(b"date", head)
    length = re.search(rb"\r\ncontent-length: (\d+)", head)
    try:
        if method == b"HEAD" or status in (204, 304) or status < 200:
            return shown, b""
        if b"\r\ntransfer-encoding: chunked" in head:
            return shown, await _dechunked(reader)
        if length:
            return shown, await reader.readexactly(int(length[1]))
    except asyncio.IncompleteReadError as error:
        return shown, b"torn after " + error.partial
    return shown, b"until the end: " + await reader.read()


async def _dechunked(reader: asyncio.StreamReader) -> bytes:
    body = b""
    try:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
    except asyncio.IncompleteReadError as error:
        return b"torn after " + body + error.partial
    return body


async def _ask(
    request: bytes, method: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen
) -> bool:
    """Whether the connection has brought an answer."""
    writer.write(request)
    try:
        answer = await _read_answer(reader, method)
        if answer is not None and answer[0].startswith(b"HTTP/1.1 100"):
            seen.client.append(answer)
            answer = await _read_answer(reader, method)
    except ConnectionError:
        return False
    if answer is not None:
        seen.client.append(answer)
    return answer is not None


async def _exchange(served: Lane, gateway: Gateway, case: Case, expired: Session, noetl: ScriptedNoetl) -> Seen:
    """The case on a warm connection, the same once more, then a plain request behind them."""
    seen = Seen()
    before = gateway.telemetry.counts.copy()
    noetl.script = case.script
    async with served.warm():
        pass
    for noted in (served.observed, served.checks, served.rejected, noetl.requests):
        noted.clear()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    async with asyncio.timeout(SOON):
        for _ in range(2):  # What is kept of the first must not change the second.
            if not await _ask(case.bytes_with(served.session, expired), case.method, reader, writer, seen):
                break
            await noetl.done()
        else:
            await _ask(served.request(b"/noetl/warm", fields=b"connection: close\r\n"), b"GET", reader, writer, seen)
            while (answer := await _read_answer(reader, b"GET")) is not None:
                seen.client.append(answer)
    seen.ended = reader.at_eof()
    writer.transport.abort()
    seen.noetl = [_without(b"x-request-id", raw) for raw in noetl.requests]
    seen.observed = list(served.observed)
    seen.checks = list(served.checks)
    seen.rejected = len(served.rejected)
    seen.counted = gateway.telemetry.counts - before
    return seen


@asynccontextmanager
async def both_lanes() -> AsyncIterator[tuple[Lane, Lane, tuple[Gateway, Gateway], Session, ScriptedNoetl]]:
    clock = ManualClock()
    bus = MemoryBus(clock)
    gateway, other = Gateway(bus), Gateway(bus)  # each remembers which tokens it does not know
    noetl = ScriptedNoetl()
    async with upstream_serving(noetl) as server:
        noetl.base_url = server.base_url.encode()
        expired = await gateway.logged_in(ALICE)
        await gateway.log_out(expired.token)
        async with (
            lane(gateway, server.base_url, fast=True) as fast,
            lane(other, server.base_url, fast=False, session=fast.session) as normal,
        ):
            yield fast, normal, (gateway, other), expired, noetl


async def _compared(case: Case) -> bool:
    """Whether the fast lane has served it."""
    async with both_lanes() as (fast, normal, gateways, expired, noetl):
        packets = tuple(packet.replace(BASE, noetl.base_url) for packet in case.script.packets)
        case = Case(case.method, case.target, case.version, case.fields, case.body, Script(packets, case.script.then))
        by_fast = await _exchange(fast, gateways[0], case, expired, noetl)
        taken = case.target in fast.taken
        by_normal = await _exchange(normal, gateways[1], case, expired, noetl)
        assert by_fast == by_normal
        assert not normal.taken
        return taken


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=plain_cases() | odd_cases())
async def test_both_lanes_show_the_same_to_noetl_and_to_the_client(case: Case) -> None:
    event(f"in the fast lane: {await _compared(case)}")

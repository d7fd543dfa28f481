"""Broken answers over real sockets: only domain errors, never a hang, and nothing of one answer in another."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.adapters.http1.asking import ask, request
from tests.unit.adapters.http1.scripted_server import Peer, serving
from tests.unit.adapters.http1.test_response_parser import FINE, MUTATIONS

from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.errors import UpstreamMisbehaved, UpstreamTimedOut, UpstreamUnreachable

POISON = b"poison"


@st.composite
def poisoned(draw: st.DrawFn) -> list[bytes]:
    """A mutated answer that carries the mark, as a few packets; what follows it may be a whole answer, too."""
    answer = draw(st.sampled_from(sorted(FINE.values())))
    answer = answer.replace(b"\r\n\r\n", b"\r\nP: " + POISON + b"\r\n\r\n", 1)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(answer)))
        answer = answer[:at] + draw(MUTATIONS) + answer[at + draw(st.integers(0, 3)) :]
    if draw(st.booleans()):
        answer += b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n" + POISON
    cuts = sorted(draw(st.lists(st.integers(1, len(answer)), max_size=3)))
    pieces = [answer[start:end] for start, end in zip([0, *cuts], [*cuts, len(answer)], strict=True)]
    return [piece for piece in pieces if piece]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=poisoned(), then_closes=st.booleans(), method=st.sampled_from(["GET", "HEAD", "POST"]))
async def test_a_broken_answer_ends_in_a_domain_error_and_reaches_no_other_request(
    pieces: list[bytes], then_closes: bool, method: str
) -> None:
    all_sent = asyncio.Event()

    async def script(peer: Peer) -> None:
        while True:
            line = (await peer.request()).line
            if b"/broken" in line:
                try:
                    await peer.answer(*pieces)
                finally:
                    all_sent.set()
                if then_closes:
                    return
            else:
                target = line.split()[1]
                await peer.answer(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(target) + target)

    # As many connections as there are requests at first: what is still on its way from the server when the next
    # request is written cannot be told from that request's answer, by anybody.
    async with (
        PooledUpstream(silence_timeout=0.04, max_connections_per_origin=3, breaker_threshold=1000) as upstream,
        serving(script) as server,
    ):
        first, broken, second = await asyncio.gather(
            ask(upstream, request(server.base_url, target=b"/first")),
            ask(upstream, request(server.base_url, method, target=b"/broken")),
            ask(upstream, request(server.base_url, target=b"/second")),
            return_exceptions=True,
        )
        if isinstance(broken, BaseException):
            assert isinstance(broken, UpstreamMisbehaved | UpstreamTimedOut | UpstreamUnreachable)
        await all_sent.wait()
        third, fourth, fifth = [
            await ask(upstream, request(server.base_url, target=target))
            for target in (b"/third", b"/fourth", b"/fifth")
        ]
        for target, outcome in (
            (b"/first", first),
            (b"/second", second),
            (b"/third", third),
            (b"/fourth", fourth),
            (b"/fifth", fifth),
        ):
            assert outcome == (200, [(b"content-length", b"%d" % len(target))], target)

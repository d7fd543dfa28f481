import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from tests.unit.adapters.http1.asking import ask, request
from tests.unit.adapters.http1.scripted_server import Peer, reset, serving

from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.errors import UpstreamMisbehaved, UpstreamTimedOut, UpstreamUnreachable

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"


async def moody(peer: Peer) -> None:
    """Answers with the request's target, if it is in the mood."""
    mood = random.Random(peer.number)
    while True:
        target = (await peer.request()).line.split()[1]
        match mood.randrange(10):
            case 0:
                return
            case 1:
                reset(peer)
                return
            case 2:
                await peer.answer(HEAD % 1000, target)
                return
            case 3:
                await peer.answer(b"nonsense")
            case 4:
                await peer.answer(HEAD % len(target), target)
                return
            case 5:
                await peer.answer(b"HTTP/1.1 200 OK\r\n\r\n" + target)
                return
            case _:
                await asyncio.sleep(mood.random() / 500)
                await peer.answer(HEAD % len(target) + target)


async def body(mood: random.Random) -> AsyncIterator[bytes]:
    for _ in range(mood.randrange(3)):
        yield b"x" * mood.randrange(100_000)
        await asyncio.sleep(mood.random() / 1000)


@pytest.mark.parametrize("seed", [1, 2])
async def test_after_a_storm_of_failures_and_cancellations_everything_is_as_before(seed: int) -> None:
    mood = random.Random(seed)
    calm = False

    async def script(peer: Peer) -> None:
        if not calm:
            await moody(peer)
        while calm:
            target = (await peer.request()).line.split()[1]
            await peer.answer(HEAD % len(target) + target)

    async def one(upstream: PooledUpstream, base_url: str, number: int) -> None:
        target = b"/%d" % number
        method = mood.choice(["GET", "PUT", "POST"])
        asked = request(base_url, method, target, body=None if method == "GET" else body(mood))
        try:
            async with asyncio.timeout(mood.choice([0.005, 0.05, 10, 10])):
                assert (await ask(upstream, asked))[2] == target
        except (TimeoutError, UpstreamMisbehaved, UpstreamTimedOut, UpstreamUnreachable):
            pass

    async with (
        PooledUpstream(max_connections_per_origin=5, queue_timeout=0.5, breaker_threshold=10**6) as upstream,
        serving(script) as server,
    ):
        await asyncio.gather(*(one(upstream, server.base_url, number) for number in range(300)))
        calm = True
        for peer in server.peers:
            peer.writer.transport.abort()
        before = server.connections
        answers = await asyncio.gather(
            *(ask(upstream, request(server.base_url, target=b"/%d" % number)) for number in range(50))
        )
        assert [answer for _, _, answer in answers] == [b"/%d" % number for number in range(50)]
        assert server.connections <= before + 5, "more connections than allowed"

"""ClientStreams: who looks on while somebody else serves the client."""

from functools import partial

import pytest
from tests.contracts.given import a_client_id, a_frame, step_of
from tests.contracts.listeners import Listener
from tests.contracts.replicas import Replicas
from tests.contracts.waiting import eventually, happened

from domain.clients import ClientId


def has(listener: Listener, frames: int) -> bool:
    return len(listener.frames) == frames


@pytest.fixture(params=["from elsewhere", "from here"])
async def client_id(request: pytest.FixtureRequest, replicas: Replicas) -> ClientId:
    """A client that another gateway has handed out, or this one."""
    if request.param == "from elsewhere":
        return a_client_id()
    return (await replicas.here.clients.open(7, await replicas.here.streams.position())).client_id


async def test_a_follower_gets_live_frames_beside_the_clients_own_connection(
    replicas: Replicas, client_id: ClientId
) -> None:
    own, here, there = Listener(), Listener(), Listener()
    async with (
        replicas.here.streams.attach(client_id, own),
        replicas.here.streams.follow(client_id, here),
        replicas.there.streams.follow(client_id, there),
    ):
        for n in range(5):
            await replicas.there.streams.publish(client_id, [a_frame(step=f"{n}")])

        for listener in (own, here, there):
            await happened(partial(has, listener, 5))

    assert [step_of(each) for each in here.frames] == [f"{n}" for n in range(5)]
    assert own.frames == here.frames == there.frames
    assert own.replacements == here.replacements == there.replacements == 0


async def test_a_follower_replaces_nobody_and_is_replaced_by_nobody(replicas: Replicas, client_id: ClientId) -> None:
    follower, first, second = Listener(), Listener(), Listener()
    async with (
        replicas.here.streams.follow(client_id, follower),
        replicas.here.streams.attach(client_id, first),
        replicas.there.streams.attach(client_id, second),
    ):
        await happened(lambda: first.replacements)
        await replicas.here.streams.publish(client_id, [a_frame()])
        await happened(lambda: second.frames and follower.frames)

    assert (follower.replacements, second.replacements) == (0, 0)


async def test_a_follower_does_not_make_its_client_connected(replicas: Replicas, client_id: ClientId) -> None:
    async with replicas.here.streams.follow(client_id, Listener()):
        assert not await replicas.here.streams.is_connected(client_id)
        assert not await replicas.there.streams.is_connected(client_id)

        async with replicas.there.streams.attach(client_id, Listener()):

            async def connected() -> bool:
                return await replicas.here.streams.is_connected(client_id)

            await eventually(connected)


async def test_who_has_stopped_following_hears_nothing_more(replicas: Replicas, client_id: ClientId) -> None:
    left, stayed = Listener(), Listener()
    async with replicas.here.streams.follow(client_id, stayed):
        async with replicas.here.streams.follow(client_id, left):
            await replicas.there.streams.publish(client_id, [a_frame()])
            await happened(lambda: left.frames and stayed.frames)

        await replicas.there.streams.publish(client_id, [a_frame()])
        await happened(lambda: len(stayed.frames) == 2)

    assert len(left.frames) == 1


async def test_a_follower_is_told_of_the_gap_of_an_outage(replicas: Replicas, client_id: ClientId) -> None:
    follower = Listener()
    async with replicas.here.streams.follow(client_id, follower):
        await replicas.outage()
        await replicas.recovery()

        await happened(lambda: follower.gaps)
        await replicas.there.streams.publish(client_id, [a_frame()])
        await happened(lambda: follower.frames)

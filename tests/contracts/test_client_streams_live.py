"""ClientStreams: what an open stream is told, and who serves it."""

from tests.contracts.given import a_client_id, a_frame, step_of
from tests.contracts.listeners import Listener
from tests.contracts.replicas import Replica, Replicas
from tests.contracts.waiting import eventually, happened

from domain.clients import ClientId


async def connected(replica: Replica, client_id: ClientId) -> None:
    """Another replica may take a moment to notice."""

    async def holds() -> bool:
        return await replica.streams.is_connected(client_id)

    await eventually(holds)


async def disconnected(replica: Replica, client_id: ClientId) -> None:
    async def holds() -> bool:
        return not await replica.streams.is_connected(client_id)

    await eventually(holds)


async def test_frames_reach_the_open_stream_in_order_whichever_replica_publishes(replicas: Replicas) -> None:
    client_id, listener, start = a_client_id(), Listener(), await replicas.here.streams.position()
    async with replicas.here.streams.attach(client_id, listener):
        for n in range(20):
            replica = replicas.here if n % 2 else replicas.there
            await replica.streams.publish(client_id, [a_frame(step=f"{n}")])

        await happened(lambda: len(listener.frames) == 20)

    history = (await replicas.here.streams.replay(client_id, start)).frames
    assert [each.id for each in listener.frames] == [each.id for each in history]
    assert [each.data for each in listener.frames] == [each.data for each in history]


async def test_each_frame_names_the_one_before_it_so_that_a_hole_shows(replicas: Replicas) -> None:
    client_id, other, listener = a_client_id(), a_client_id(), Listener()
    async with replicas.here.streams.attach(client_id, listener):
        for _ in range(3):
            await replicas.there.streams.publish(client_id, [a_frame()])
            await replicas.there.streams.publish(other, [a_frame()])
        await happened(lambda: len(listener.frames) == 3)

    first, second, third = listener.frames
    assert second.previous in (first.id.offset, None)
    assert third.previous in (second.id.offset, None)


async def test_other_clients_frames_do_not_arrive(replicas: Replicas) -> None:
    client_id, listener = a_client_id(), Listener()
    async with replicas.here.streams.attach(client_id, listener):
        await replicas.there.streams.publish(a_client_id(), [a_frame(step="theirs")])
        await replicas.there.streams.publish(client_id, [a_frame(step="mine")])
        await happened(lambda: listener.frames)

    assert [step_of(each) for each in listener.frames] == ["mine"]


async def test_a_repeated_frame_does_not_arrive_twice(replicas: Replicas) -> None:
    client_id, listener = a_client_id(), Listener()
    async with replicas.here.streams.attach(client_id, listener):
        await replicas.there.streams.publish(client_id, [a_frame("a")])
        await replicas.here.streams.publish(client_id, [a_frame("a"), a_frame("b")])
        await happened(lambda: len(listener.frames) >= 2)

    assert len(listener.frames) == 2


async def test_an_announcement_reaches_the_replica_that_serves_the_client(replicas: Replicas) -> None:
    client_id, listener = a_client_id(), Listener()
    async with replicas.here.streams.attach(client_id, listener):
        await connected(replicas.there, client_id)

        await replicas.there.streams.announce(client_id, "r-1")
        await happened(lambda: "r-1" in listener.announced)

        await replicas.here.streams.announce(client_id, "r-2")
        await happened(lambda: "r-2" in listener.announced)


async def test_an_announcement_for_nobody_is_harmless(replicas: Replicas) -> None:
    await replicas.here.streams.announce(a_client_id(), "r-1")
    await replicas.outage()
    await replicas.here.streams.announce(a_client_id(), "r-1")


async def test_whether_a_client_is_connected_can_be_asked_anywhere(replicas: Replicas) -> None:
    client_id = a_client_id()
    assert not await replicas.here.streams.is_connected(client_id)

    async with replicas.here.streams.attach(client_id, Listener()):
        assert await replicas.here.streams.is_connected(client_id)
        await connected(replicas.there, client_id)

    await disconnected(replicas.here, client_id)
    await disconnected(replicas.there, client_id)


async def test_a_newer_connection_replaces_the_older_one_on_the_same_replica(replicas: Replicas) -> None:
    await _takes_over(replicas.here, replicas.here)


async def test_a_newer_connection_replaces_the_older_one_on_another_replica(replicas: Replicas) -> None:
    await _takes_over(replicas.here, replicas.there)


async def _takes_over(before: Replica, after: Replica) -> None:
    client_id, old, new = a_client_id(), Listener(), Listener()
    async with after.streams.attach(a_client_id(), Listener()):
        leaving = before.streams.attach(client_id, old)
        await leaving.__aenter__()
        async with after.streams.attach(client_id, new):
            await happened(lambda: old.replacements)
            # The end of the old connection comes late, as it does when its peer is dead.
            await leaving.__aexit__(None, None, None)

            await connected(before, client_id)
            await before.streams.publish(client_id, [a_frame(step="for the new one")])
            await happened(lambda: new.frames)
            await before.streams.announce(client_id, "r-1")
            await happened(lambda: new.announced)

        assert (old.replacements, new.replacements) == (1, 0)
        await disconnected(before, client_id)


async def test_a_client_may_come_back_again_and_again(replicas: Replicas) -> None:
    client_id = a_client_id()
    for replica in (replicas.here, replicas.there, replicas.here):
        listener = Listener()
        async with replica.streams.attach(client_id, listener):
            await replica.streams.publish(client_id, [a_frame()])
            await happened(listener.was_reached)
            assert listener.replacements == 0


async def test_a_stream_that_was_open_before_an_outage_is_told_of_the_gap_and_goes_on(replicas: Replicas) -> None:
    client_id, listener = a_client_id(), Listener()
    async with replicas.here.streams.attach(client_id, listener):
        await replicas.here.streams.publish(client_id, [a_frame(step="before")])
        await happened(lambda: listener.frames)
        gaps = listener.gaps

        await replicas.outage()
        await replicas.recovery()

        await happened(lambda: listener.gaps > gaps)
        await replicas.there.streams.publish(client_id, [a_frame(step="after")])
        await happened(lambda: len(listener.frames) == 2)
        assert listener.replacements == 0


async def test_a_stream_opened_during_an_outage_comes_to_life_afterwards(replicas: Replicas) -> None:
    client_id, listener = a_client_id(), Listener()
    await replicas.outage()
    async with replicas.here.streams.attach(client_id, listener):
        await replicas.recovery()

        await happened(lambda: listener.gaps)
        await replicas.there.streams.publish(client_id, [a_frame()])
        await happened(lambda: listener.frames)
        await connected(replicas.there, client_id)

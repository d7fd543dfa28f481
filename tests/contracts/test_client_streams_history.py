"""ClientStreams: what is recorded, and what a replay gives back."""

from dataclasses import replace

import pytest
from tests.contracts.given import a_client_id, a_frame, step_of
from tests.contracts.replicas import Replicas

from domain.callbacks import PlaybookCallback
from domain.clients import ClientId
from domain.errors import StoreUnavailable
from domain.events import EventId, Frame, PlaybookResult, Stage, StoredFrame
from domain.frame_text import frame_text
from domain.json_values import RawJson


async def replayed(replicas: Replicas, client_id: ClientId, after: EventId) -> list[StoredFrame]:
    replay = await replicas.there.streams.replay(client_id, after)
    assert replay.complete
    return list(replay.frames)


async def test_what_was_published_is_replayed_in_order_by_every_replica(replicas: Replicas) -> None:
    client_id, start = a_client_id(), await replicas.here.streams.position()
    frames = [a_frame(f"k{n}", step=f"step-{n}") for n in range(5)]

    await replicas.here.streams.publish(client_id, frames[:3])
    await replicas.there.streams.publish(client_id, frames[3:])

    stored = await replayed(replicas, client_id, start)
    assert [(each.event, each.data) for each in stored] == [frame_text(frame.body) for frame in frames]
    offsets = [each.id.offset for each in stored]
    assert offsets == sorted(set(offsets))
    assert offsets[0] > start.offset
    assert {each.id.epoch for each in stored} == {start.epoch}


async def test_nothing_is_missed_behind_a_recent_position(replicas: Replicas) -> None:
    for number in range(5):
        client_id, start = a_client_id(), await replicas.here.streams.recent_position()
        newest = await replicas.here.streams.position()
        assert start.epoch == newest.epoch
        assert start.offset <= newest.offset

        await replicas.there.streams.publish(client_id, [a_frame(f"k{number}")])

        assert len(await replayed(replicas, client_id, start)) == 1


async def test_a_stored_frame_remembers_what_it_speaks_of(replicas: Replicas) -> None:
    client_id, start = a_client_id(), await replicas.here.streams.position()
    frame = replace(a_frame("k", "r-9", hold_until=1796000000.25), stage=Stage.TERMINAL)

    await replicas.here.streams.publish(client_id, [frame])

    [stored] = await replayed(replicas, client_id, start)
    assert (stored.request_id, stored.execution_id) == ("r-9", "766633604884463618")
    assert (stored.stage, stored.hold_until) == (Stage.TERMINAL, 1796000000.25)


async def test_a_replay_starts_after_the_position_it_is_given(replicas: Replicas) -> None:
    client_id, start = a_client_id(), await replicas.here.streams.position()
    await replicas.here.streams.publish(client_id, [a_frame(step=f"{n}") for n in range(4)])
    stored = await replayed(replicas, client_id, start)

    assert await replayed(replicas, client_id, stored[1].id) == stored[2:]
    assert await replayed(replicas, client_id, stored[3].id) == []


async def test_a_replay_reaches_a_position_from_which_nothing_is_missed(replicas: Replicas) -> None:
    client_id, start = a_client_id(), await replicas.here.streams.position()
    await replicas.here.streams.publish(client_id, [a_frame()])
    reached = (await replicas.here.streams.replay(client_id, start)).reached

    assert await replayed(replicas, client_id, reached) == []
    await replicas.here.streams.publish(client_id, [a_frame(step="later")])

    [later] = await replayed(replicas, client_id, reached)
    assert later.id > reached
    assert step_of(later) == "later"


async def test_clients_do_not_see_each_others_frames(replicas: Replicas) -> None:
    mine, other, start = a_client_id(), a_client_id(), await replicas.here.streams.position()
    await replicas.here.streams.publish(other, [a_frame("k", step="theirs")])
    await replicas.here.streams.publish(mine, [a_frame("k", step="mine")])
    await replicas.here.streams.publish(other, [a_frame("l", step="theirs")])

    [stored] = await replayed(replicas, mine, start)

    assert step_of(stored) == "mine"


async def test_a_key_that_was_published_is_not_repeated_whoever_publishes_it(replicas: Replicas) -> None:
    client_id, start = a_client_id(), await replicas.here.streams.position()

    await replicas.here.streams.publish(client_id, [a_frame("a"), a_frame("b")])
    await replicas.there.streams.publish(client_id, [a_frame("a"), a_frame("b"), a_frame("c")])

    assert len(await replayed(replicas, client_id, start)) == 3


async def test_the_same_key_of_another_request_or_client_is_another_frame(replicas: Replicas) -> None:
    client_id, other, start = a_client_id(), a_client_id(), await replicas.here.streams.position()

    await replicas.here.streams.publish(client_id, [a_frame("a", "r-1"), a_frame("a", "r-2")])
    await replicas.here.streams.publish(other, [a_frame("a", "r-1")])

    assert [each.request_id for each in await replayed(replicas, client_id, start)] == ["r-1", "r-2"]
    assert len(await replayed(replicas, other, start)) == 1


async def test_frames_without_a_key_are_all_recorded(replicas: Replicas) -> None:
    client_id, start = a_client_id(), await replicas.here.streams.position()

    await replicas.here.streams.publish(client_id, [a_frame(), a_frame()])
    await replicas.here.streams.publish(client_id, [a_frame()])

    assert len(await replayed(replicas, client_id, start)) == 3


@pytest.mark.parametrize("size", [10, 300_000, 3_000_000])
async def test_a_result_of_any_size_comes_back_byte_for_byte(replicas: Replicas, size: int) -> None:
    client_id, start = a_client_id(), await replicas.here.streams.position()
    data = RawJson(b'{"id":766633604884463618123,"blob":"' + b"x" * size + b'"}')
    callback = PlaybookCallback(request_id="r-1", status="COMPLETED", data=data)
    body = PlaybookResult(execution_id="1", callback=callback)

    await replicas.here.streams.publish(client_id, [Frame(key="result", request_id="r-1", body=body)])

    [stored] = await replayed(replicas, client_id, start)
    assert (stored.event, stored.data) == frame_text(body)


@pytest.mark.parametrize("offset", [0, 1, 10**18])
async def test_a_position_of_another_history_cannot_be_honoured(replicas: Replicas, offset: int) -> None:
    client_id = a_client_id()
    await replicas.here.streams.publish(client_id, [a_frame()])

    replay = await replicas.here.streams.replay(client_id, EventId("unknown", offset))

    assert (replay.complete, list(replay.frames)) == (False, [])
    assert replay.reached.epoch == (await replicas.here.streams.position()).epoch
    assert await replayed(replicas, client_id, replay.reached) == []


async def test_a_position_that_was_never_given_out_cannot_be_honoured(replicas: Replicas) -> None:
    client_id, newest = a_client_id(), await replicas.here.streams.position()
    await replicas.here.streams.publish(client_id, [a_frame()])

    replay = await replicas.here.streams.replay(client_id, EventId(newest.epoch, newest.offset + 1000))

    assert not replay.complete
    assert await replayed(replicas, client_id, replay.reached) == []


async def test_a_position_in_trimmed_history_cannot_be_honoured(replicas: Replicas) -> None:
    client_id, start = a_client_id(), await replicas.here.streams.position()
    await replicas.here.streams.publish(client_id, [a_frame(), a_frame()])
    await replicas.trim(client_id)
    await replicas.here.streams.publish(client_id, [a_frame(step="kept")])

    replay = await replicas.here.streams.replay(client_id, start)

    assert (replay.complete, list(replay.frames)) == (False, [])
    await replicas.here.streams.publish(client_id, [a_frame(step="newer")])
    [newer] = await replayed(replicas, client_id, replay.reached)
    assert step_of(newer) == "newer"


async def test_after_the_loss_of_the_history_another_one_begins(replicas: Replicas) -> None:
    client_id, start = a_client_id(), await replicas.here.streams.position()
    await replicas.here.streams.publish(client_id, [a_frame("a"), a_frame("b")])
    old = (await replicas.here.streams.replay(client_id, start)).reached

    await replicas.lose_history()

    fresh = await replicas.here.streams.position()
    assert fresh.epoch != old.epoch
    replay = await replicas.here.streams.replay(client_id, old)
    assert (replay.complete, list(replay.frames)) == (False, [])
    await replicas.here.streams.publish(client_id, [a_frame("a")])
    assert len(await replayed(replicas, client_id, fresh)) == 1


async def test_nothing_is_acknowledged_or_answered_during_an_outage(replicas: Replicas) -> None:
    client_id, start = a_client_id(), await replicas.here.streams.position()
    await replicas.outage()

    with pytest.raises(StoreUnavailable):
        await replicas.here.streams.publish(client_id, [a_frame("a")])
    with pytest.raises(StoreUnavailable):
        await replicas.here.streams.replay(client_id, start)

    await replicas.recovery()
    await replicas.here.streams.publish(client_id, [a_frame("a")])
    assert len(await replayed(replicas, client_id, start)) == 1

"""Clients' streams on JetStream: what the contract suites cannot know."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import pytest
from tests.contracts.given import a_frame, step_of
from tests.contracts.listeners import Listener
from tests.integration.nats.gateways import Gateway
from tests.integration.nats.servers import NatsServer, eventually

from adapters.nats.options import NatsStorage, Storage
from domain.callbacks import PlaybookCallback
from domain.clients import ClientId
from domain.errors import StoreUnavailable
from domain.events import EventId, Frame, PlaybookResult, StoredFrame
from domain.json_values import RawJson

MakeGateway = Callable[..., Awaitable[Gateway]]
BIG = 1_500_000


async def a_client(gateway: Gateway) -> ClientId:
    return (await gateway.clients.open(7, await gateway.streams.position())).client_id


def a_result(size: int, key: str = "result") -> Frame:
    data = RawJson(b'{"blob":"' + b"x" * size + b'"}')
    callback = PlaybookCallback(request_id="r-1", data=data)
    return Frame(key=key, request_id="r-1", body=PlaybookResult(execution_id="1", callback=callback))


def names(frames: Sequence[StoredFrame]) -> list[str]:
    return [step_of(frame) if frame.event == "playbook/state" else str(len(frame.data) // 1000) for frame in frames]


async def ask(gateway: Gateway, what: str, body: object = None) -> dict[str, object]:
    payload = json.dumps(body).encode() if body is not None else b""
    answer: dict[str, object] = json.loads((await gateway.connection.request(f"$JS.API.{what}", payload)).data)
    assert "error" not in answer, answer
    return answer


async def consumers(gateway: Gateway, stream: str) -> object:
    state = (await ask(gateway, f"STREAM.INFO.{stream}"))["state"]
    assert isinstance(state, dict)
    return state["consumer_count"]


async def test_fifteen_hundred_streams_cost_one_subscription_and_no_consumer(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    clients = [ClientId(here.home, f"{number:020d}") for number in range(1500)]
    listeners = [Listener() for _ in clients]
    subscriptions = len(here.connection.link.client._subs)
    async with AsyncExitStack() as stack:
        for client, listener in zip(clients, listeners, strict=True):
            await stack.enter_async_context(here.streams.attach(client, listener))
            await here.streams.replay(client, await here.streams.position())
        for start in range(0, len(clients), 100):
            some = clients[start : start + 100]
            await asyncio.gather(*(there.streams.publish(client, [a_frame()]) for client in some))
        await eventually(lambda: all(listener.frames for listener in listeners))

        assert len(here.connection.link.client._subs) == subscriptions
        assert await consumers(here, "GATEWAY_CLIENTS") == 0
        assert here.connection.trouble() is None
    assert all(len(listener.frames) == 1 for listener in listeners)


async def test_streams_from_another_home_work_in_numbers_too(make_gateway: MakeGateway) -> None:
    """As after a restart, when all clients come back to a process that did not hand them out."""
    here, there = await make_gateway(), await make_gateway()
    clients = [ClientId("gone0", f"{number:020d}") for number in range(1500)]
    listeners = [Listener() for _ in clients]
    async with AsyncExitStack() as stack:
        for client, listener in zip(clients, listeners, strict=True):
            await stack.enter_async_context(here.streams.attach(client, listener))
        for client in clients[::10]:
            await there.streams.publish(client, [a_frame()])
        await eventually(lambda: all(listener.frames for listener in listeners[::10]))
        assert await there.streams.is_connected(clients[0])
        assert not any(listener.replacements for listener in listeners)

    assert len(here.connection.link.client._subs) < 20


async def test_the_home_of_a_client_answers_at_once_that_nobody_serves_it(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    client = await a_client(here)

    async with asyncio.timeout(0.2):
        assert not await there.streams.is_connected(client)
        assert not await here.streams.is_connected(ClientId("nobody", "0123456789abcdef"))


async def test_a_client_that_moved_is_found_and_may_come_home_again(make_gateway: MakeGateway) -> None:
    home, away, third = await make_gateway(), await make_gateway(), await make_gateway()
    client = await a_client(home)
    for serving in (home, away, home, third, away, home):
        listener = Listener()
        async with serving.streams.attach(client, listener):
            for asking in (home, away, third):
                await _holds(asking.streams.is_connected, client)
            await third.streams.publish(client, [a_frame()])
            await away.streams.announce(client, "r-1")
            await eventually(lambda: listener.frames and listener.announced)  # noqa: B023
        assert listener.replacements == 0


async def _holds(question: Callable[[ClientId], Awaitable[bool]], client: ClientId) -> None:
    async with asyncio.timeout(5):
        while not await question(client):
            await asyncio.sleep(0.01)


async def test_of_connections_that_come_at_the_same_moment_one_stays(make_gateway: MakeGateway) -> None:
    gateways = [await make_gateway() for _ in range(3)]
    client = ClientId("gone0", "0123456789abcdef")
    async with AsyncExitStack() as stack:
        listeners = [Listener() for _ in range(9)]
        await asyncio.gather(
            *(
                stack.enter_async_context(gateways[number % 3].streams.attach(client, listener))
                for number, listener in enumerate(listeners)
            )
        )
        await eventually(lambda: sum(listener.replacements for listener in listeners) == 8)
        await gateways[0].streams.publish(client, [a_frame()])
        await eventually(lambda: any(listener.frames for listener in listeners))
    assert [listener.replacements for listener in listeners].count(0) == 1
    [served] = [listener for listener in listeners if listener.frames]
    assert served.replacements == 0


async def test_a_takeover_while_cut_off_is_noticed_afterwards(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    client, old, new = await a_client(here), Listener(), Listener()
    async with here.streams.attach(client, old):
        here.connection.link.client.abandon("cut off")
        async with there.streams.attach(client, new):
            await eventually(lambda: old.replacements)
            assert new.replacements == 0


async def test_a_stream_that_is_opened_while_cut_off_takes_over_afterwards(
    server: NatsServer, make_gateway: MakeGateway
) -> None:
    here, there = await make_gateway(), await make_gateway()
    client, old, new = await a_client(here), Listener(), Listener()
    async with there.streams.attach(client, old):
        server.kill()
        await eventually(lambda: not here.connection.is_connected)
        async with here.streams.attach(client, new):
            server.start()
            await eventually(lambda: old.replacements)
            assert new.replacements == 0


@pytest.mark.parametrize("foreign", [False, True])
async def test_an_oversized_result_arrives_live_and_in_its_place(make_gateway: MakeGateway, foreign: bool) -> None:
    here, there = await make_gateway(), await make_gateway()
    client, listener = await a_client(there if foreign else here), Listener()
    start = await here.streams.position()
    async with here.streams.attach(client, listener):
        await there.streams.publish(client, [a_frame(step="before"), a_result(BIG), a_frame(step="behind")])
        await there.streams.publish(client, [a_frame(step="last")])
        await eventually(lambda: len(listener.frames) == 4)

    assert names(listener.frames) == ["before", "1500", "behind", "last"]
    assert listener.gaps == 0
    replay = await here.streams.replay(client, start)
    assert [frame.data for frame in replay.frames] == [frame.data for frame in listener.frames]
    assert await consumers(here, "OBJ_gateway_results") == 0


async def test_sixteen_mebibytes_are_no_problem(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    client, start = await a_client(here), await here.streams.position()

    await here.streams.publish(client, [a_result(16 * 1024 * 1024)])

    [frame] = (await here.streams.replay(client, start)).frames
    assert len(frame.data) > 16 * 1024 * 1024


async def test_a_repeated_oversized_result_is_stored_once(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    client, start = await a_client(here), await here.streams.position()

    for _ in range(3):
        await here.streams.publish(client, [a_result(BIG)])

    assert len((await here.streams.replay(client, start)).frames) == 1
    state = (await ask(here, "STREAM.INFO.OBJ_gateway_results"))["state"]
    assert isinstance(state, dict) and state["bytes"] < 2 * BIG


async def test_an_oversized_result_that_has_expired_is_history_that_is_missing(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    client, start, listener = await a_client(here), await here.streams.position(), Listener()
    await here.streams.publish(client, [a_result(BIG), a_frame()])
    await ask(here, "STREAM.PURGE.OBJ_gateway_results")

    replay = await here.streams.replay(client, start)

    assert (replay.complete, list(replay.frames)) == (False, [])
    async with here.streams.attach(client, listener):
        await here.streams.publish(client, [a_frame(step="later")])
        await eventually(lambda: listener.frames)


async def test_more_frames_than_are_kept_for_a_client_are_an_incomplete_replay(make_gateway: MakeGateway) -> None:
    here = await make_gateway(NatsStorage(frames_per_client=5))
    client, start = await a_client(here), await here.streams.position()
    await here.streams.publish(client, [a_frame(step=f"{number}") for number in range(4)])
    zero, one, two, _ = (await here.streams.replay(client, start)).frames

    await here.streams.publish(client, [a_frame(step="4")])
    # Full: whether something was dropped before cannot be told, but after a frame that is there nothing was.
    assert not (await here.streams.replay(client, start)).complete
    assert names((await here.streams.replay(client, zero.id)).frames) == ["1", "2", "3", "4"]

    await here.streams.publish(client, [a_frame(step="5"), a_frame(step="6")])
    assert not (await here.streams.replay(client, one.id)).complete
    replay = await here.streams.replay(client, two.id)
    assert replay.complete and names(replay.frames) == ["3", "4", "5", "6"]


async def test_history_that_has_aged_is_an_incomplete_replay(make_gateway: MakeGateway) -> None:
    here = await make_gateway(NatsStorage(request_ttl=1.0, duplicate_window=1.0))
    client, other = await a_client(here), await a_client(here)
    start = await here.streams.position()
    await here.streams.publish(client, [a_frame()])
    await asyncio.sleep(1.3)
    await here.streams.publish(other, [a_frame()])

    replay = await here.streams.replay(client, start)

    assert not replay.complete
    assert (await here.streams.replay(client, replay.reached)).complete


async def test_a_quiet_client_is_not_told_of_missing_history(make_gateway: MakeGateway) -> None:
    """Comings and goings of connections leave no trace in the history."""
    here, there = await make_gateway(), await make_gateway()
    client, start = await a_client(here), await here.streams.position()
    for gateway in (here, there, here, there):
        async with gateway.streams.attach(client, Listener()):
            assert (await gateway.streams.replay(client, start)).complete


async def test_memory_storage_loses_the_history_with_its_server_and_says_so(
    server: NatsServer, make_gateway: MakeGateway
) -> None:
    here = await make_gateway(NatsStorage(storage=Storage.MEMORY))
    client, listener = await a_client(here), Listener()
    await here.streams.publish(client, [a_frame()])
    before = await here.streams.position()
    async with here.streams.attach(client, listener):
        server.kill()
        await eventually(lambda: not here.connection.is_connected)
        server.start()
        await eventually(lambda: listener.gaps and here.connection.trouble() is None)

        replay = await here.streams.replay(client, before)
        assert not replay.complete
        assert replay.reached.epoch != before.epoch
        await here.streams.publish(client, [a_frame(step="new")])
        await eventually(lambda: listener.frames)
        assert listener.frames[0].id.epoch == replay.reached.epoch


async def test_file_storage_keeps_the_history_and_the_keys_over_a_kill(
    server: NatsServer, make_gateway: MakeGateway
) -> None:
    here = await make_gateway()
    client, start = await a_client(here), await here.streams.position()
    await here.streams.publish(client, [a_frame("a", step="a")])
    server.kill()
    await eventually(lambda: not here.connection.is_connected)
    with pytest.raises(StoreUnavailable):
        await here.streams.publish(client, [a_frame("b", step="b")])
    server.start()
    await eventually(lambda: here.connection.trouble() is None)

    await here.streams.publish(client, [a_frame("a", step="a"), a_frame("b", step="b")])

    assert names((await here.streams.replay(client, start)).frames) == ["a", "b"]


async def test_what_was_acknowledged_while_nats_is_killed_again_and_again_is_kept_in_order(
    server: NatsServer, make_gateway: MakeGateway
) -> None:
    storage = NatsStorage(frames_per_client=100_000)  # more than there is time for
    here, there = await make_gateway(storage), await make_gateway(storage)
    client, start = await a_client(there), await here.streams.position()
    acknowledged: list[str] = []
    stop = asyncio.Event()

    async def publish() -> None:
        number = 0
        while not stop.is_set():
            try:
                await here.streams.publish(client, [a_frame(f"k{number}", step=f"{number}")])
            except StoreUnavailable:
                await asyncio.sleep(0.01)  # the worker tries again
            else:
                acknowledged.append(f"{number}")
                number += 1

    worker = asyncio.ensure_future(publish())
    for _ in range(3):
        count = len(acknowledged)
        await eventually(lambda: len(acknowledged) > count + 20)  # noqa: B023
        server.kill()
        await eventually(lambda: not here.connection.is_connected)
        server.start()
    await eventually(lambda: here.connection.trouble() is None and there.connection.trouble() is None)
    stop.set()
    await worker

    replay = await there.streams.replay(client, start)
    assert replay.complete
    assert names(replay.frames) == acknowledged


async def test_a_frozen_server_acknowledges_nothing_and_loses_nothing(
    server: NatsServer, make_gateway: MakeGateway
) -> None:
    here = await make_gateway()
    client, start = await a_client(here), await here.streams.position()
    server.freeze()
    with pytest.raises(StoreUnavailable):
        await here.streams.publish(client, [a_frame("a", step="a")])
    await eventually(lambda: not here.connection.is_connected)
    server.thaw()
    await eventually(lambda: here.connection.trouble() is None)

    await here.streams.publish(client, [a_frame("a", step="a")])

    assert names((await here.streams.replay(client, start)).frames) == ["a"]


async def test_a_long_history_is_replayed_whole(make_gateway: MakeGateway) -> None:
    here = await make_gateway(NatsStorage(frames_per_client=2000))
    client, start = await a_client(here), await here.streams.position()
    for first in range(0, 1000, 200):
        await here.streams.publish(client, [a_frame(step=f"{first + number}") for number in range(200)])

    replay = await here.streams.replay(client, start)

    assert names(replay.frames) == [f"{number}" for number in range(1000)]


async def test_frames_larger_than_what_is_read_at_a_time_are_replayed_whole(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    client, start = await a_client(here), await here.streams.position()
    for number in range(4):
        await here.streams.publish(client, [a_result(900_000, f"large {number}"), a_frame(step=f"{number}")])

    replay = await here.streams.replay(client, start)

    assert names(replay.frames) == ["900", "0", "900", "1", "900", "2", "900", "3"]


async def test_settings_that_changed_are_applied_to_the_gateways_own_stream(make_gateway: MakeGateway) -> None:
    await make_gateway(NatsStorage(frames_per_client=10, request_ttl=100.0, duplicate_window=50.0))
    later = await make_gateway(NatsStorage(frames_per_client=20, request_ttl=200.0, duplicate_window=60.0))

    config = (await ask(later, "STREAM.INFO.GATEWAY_CLIENTS"))["config"]
    assert isinstance(config, dict)
    assert (config["max_msgs_per_subject"], config["max_age"]) == (20, 200 * 10**9)


async def test_a_client_id_that_could_not_have_been_parsed_never_reaches_nats(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    hostile = ClientId("x\r\nPUB y 0", ">")
    for call in (
        here.streams.publish(hostile, [a_frame()]),
        here.streams.replay(hostile, EventId("a", 1)),
        here.clients.get(hostile),
    ):
        with pytest.raises(ValueError, match="client id"):
            await call

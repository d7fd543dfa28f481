"""`GET /api/events/poll`."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
from tests.unit.poll.asking import Poller, texts
from tests.unit.running_gateway import BOB, PLAYBOOK, RunningGateway, running_gateway
from tests.unit.swift_clock import SwiftClock

from adapters.memory.bus import Ages, MemoryBus
from adapters.memory.playbook_runner import MemoryPlaybookRunner
from domain.clients import ClientId
from domain.errors import AuthBackEndUnavailable
from domain.identity import Session
from domain.playbooks import Execution, ExecutionOrder, RunStatus
from entrypoints.http.server.drain import DrainTiming


async def attached(gateway: RunningGateway, poller: Poller) -> None:
    client_id = ClientId.parse(poller.client_id)
    assert client_id is not None
    while not await gateway.container.client_streams().is_connected(client_id):
        await asyncio.sleep(0.001)


async def detached(gateway: RunningGateway, poller: Poller) -> None:
    client_id = ClientId.parse(poller.client_id)
    assert client_id is not None
    while await gateway.container.client_streams().is_connected(client_id):
        await asyncio.sleep(0.001)


def events(client: httpx.AsyncClient, poller: Poller) -> AbstractAsyncContextManager[httpx.Response]:
    return client.stream("GET", "/events", params={"client_id": poller.client_id})


async def test_the_first_call_opens_a_client_and_is_answered_at_once(alice: Poller) -> None:
    answer = await alice.poll(wait=55)
    assert answer == {
        "clientId": alice.client_id,
        "position": alice.position,
        "frames": [],
        "reset": False,
    }
    assert alice.client_id.replace("-", "_") in alice.position


async def test_frames_that_are_there_are_answered_at_once(gateway: RunningGateway, alice: Poller) -> None:
    await alice.poll()
    started = await alice.run()
    await gateway.answer(started["requestId"], {"n": 10**20})
    await asyncio.sleep(0.15)
    response = await alice.response(wait=55)
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    state, result = answer["frames"]
    assert (state["event"], state["data"]["method"]) == ("playbook/state", "playbook/state")
    assert result["data"]["params"]["data"] == {"n": 10**20}
    assert (answer["position"], answer["reset"]) == (result["id"], False)


async def test_a_call_waits_for_frames_and_returns_with_the_first(gateway: RunningGateway, alice: Poller) -> None:
    await alice.poll()
    started = await alice.run()
    waiting = asyncio.create_task(alice.poll(wait=55))
    await attached(gateway, alice)
    await gateway.progress(started["requestId"], "first")
    assert texts(await waiting) == ["first"]
    await detached(gateway, alice)


async def test_a_call_ends_with_its_wait_and_says_what_is_awaited(gateway: RunningGateway, alice: Poller) -> None:
    await alice.poll()
    started = await alice.run()
    answer = await alice.poll(wait=0.2)
    assert (answer["frames"], answer["reset"]) == ([], False)
    expected = {"requestId": started["requestId"], "executionId": started["executionId"], "playbookPath": PLAYBOOK}
    assert answer["pendingRequests"] == [expected]


async def test_nothing_is_lost_between_two_calls(gateway: RunningGateway, alice: Poller) -> None:
    await alice.poll()
    started = await alice.run()
    got = []
    for n in range(6):
        await gateway.progress(started["requestId"], f"{n}")
        if n % 2:
            got += texts(await alice.poll(wait=20))
    assert got == [f"{n}" for n in range(6)]


async def test_the_same_frames_come_again_until_the_client_comes_back_with_a_later_position(
    gateway: RunningGateway, alice: Poller
) -> None:
    await alice.poll()
    started = await alice.run()
    await gateway.progress(started["requestId"], "lost on the way")
    before = alice.position
    for _ in range(2):
        alice.position = before
        assert texts(await alice.poll(wait=20)) == ["lost on the way"]
    assert (await alice.poll(wait=0))["frames"] == []


async def test_a_bare_client_id_goes_on_behind_what_the_client_has_certainly_received() -> None:
    async with (
        running_gateway(MemoryBus(SwiftClock(200))) as gateway,
        gateway.http(await gateway.log_in()) as client,
    ):
        alice = Poller(client)
        await alice.poll()
        started = await alice.run()
        await gateway.progress(started["requestId"], "first")
        await alice.poll(wait=20)
        for _ in range(3):
            await alice.poll(wait=40)  # which is how the gateway knows, a minute later
        await gateway.progress(started["requestId"], "second")
        assert texts(await alice.poll(wait=20)) == ["second"]

        alice.position = ""
        assert texts(await alice.poll(wait=20)) == ["second"]


async def test_a_client_is_not_forgotten_while_it_polls() -> None:
    bus = MemoryBus(SwiftClock(1000), ages=Ages(clients=200))
    async with running_gateway(bus) as gateway, gateway.http(await gateway.log_in()) as client:
        alice = Poller(client)
        await alice.poll()
        first = alice.client_id
        while bus.clock.monotonic() < 500:
            await alice.poll(wait=30)
            assert alice.client_id == first


async def test_the_position_may_come_in_the_header(gateway: RunningGateway, session: Session, alice: Poller) -> None:
    await alice.poll()
    started = await alice.run()
    await gateway.progress(started["requestId"], "first")
    first = await alice.poll(wait=20)
    async with gateway.http(session) as client:
        answer = (
            await client.get("/api/events/poll", params={"wait": 0}, headers={"last-event-id": first["position"]})
        ).json()
    assert (answer["clientId"], answer["frames"]) == (alice.client_id, [])


async def test_a_worker_faster_than_noetl_does_not_overtake_the_answer() -> None:
    """Frames are held until the response that names their request is out, as on a stream (wire 4.6)."""
    gateways: list[RunningGateway] = []
    polled = asyncio.Event()

    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        assert isinstance(order.workload, dict)
        await gateways[0].progress(str(order.workload["request_id"]), "already")
        await polled.wait()

    async with running_gateway(runner=MemoryPlaybookRunner(at_work)) as gateway:
        gateways.append(gateway)
        session = await gateway.log_in()
        async with gateway.http(session) as client, gateway.http(session) as another:
            alice, polling = Poller(client), Poller(another)
            await alice.poll()
            polling.client_id, polling.position = alice.client_id, alice.position
            waiting = asyncio.create_task(polling.poll(wait=20))
            await attached(gateway, alice)
            running = asyncio.create_task(alice.run())
            for _ in range(20):
                await asyncio.sleep(0.005)
            assert not waiting.done()
            assert (await alice.response(wait=0)).json()["frames"] == []
            polled.set()
            await running
            assert texts(await waiting) == ["already"]


@pytest.mark.parametrize("position", ["unknown-7", "nonsense"])
async def test_a_position_that_cannot_be_honoured_is_reset(
    gateway: RunningGateway, alice: Poller, position: str
) -> None:
    await alice.poll()
    started = await alice.run()
    alice.position = position
    answer = await alice.poll(wait=20)
    assert (answer["reset"], answer["frames"]) == (True, [])
    await gateway.progress(started["requestId"], "after")
    answer = await alice.poll(wait=20)
    assert (answer["reset"], texts(answer)) == (False, ["after"])


async def test_a_history_that_is_lost_while_a_call_waits_is_reset(gateway: RunningGateway, alice: Poller) -> None:
    await alice.poll()
    waiting = asyncio.create_task(alice.poll(wait=55))
    await attached(gateway, alice)
    gateway.bus.frames.lose()
    gateway.bus.live.gap()
    assert (await waiting)["reset"] is True
    assert (await alice.poll(wait=0))["reset"] is False


async def test_an_answer_holds_so_much_and_the_next_goes_on() -> None:
    async with (
        running_gateway(MemoryBus(SwiftClock()), variables={"GATEWAY_STREAM_BUFFER_BYTES": "20000"}) as gateway,
        gateway.http(await gateway.log_in()) as client,
    ):
        alice = Poller(client)
        await alice.poll()
        started = await alice.run()
        sizes = [9_000, 9_000, 9_000, 50_000, 10, 10]
        for n, size in enumerate(sizes):
            await gateway.progress(started["requestId"], f"{n}" + "x" * size)
        answers: list[list[str]] = []
        while sum(map(len, answers)) < len(sizes):
            answers.append([text[0] for text in texts(await alice.poll(wait=20))])
    assert answers == [["0", "1"], ["2"], ["3"], ["4", "5"]]


async def test_the_client_of_another_user_is_not_served(gateway: RunningGateway, alice: Poller) -> None:
    await alice.poll()
    async with gateway.http(await gateway.log_in(BOB)) as client:
        bob = Poller(client)
        bob.client_id, bob.position = alice.client_id, alice.position
        answer = await bob.poll(wait=20)
    assert bob.client_id != alice.client_id
    assert answer["frames"] == []


async def test_a_second_call_ends_the_first(gateway: RunningGateway, session: Session, alice: Poller) -> None:
    await alice.poll()
    started = await alice.run()
    first = asyncio.create_task(alice.response(wait=55))
    await attached(gateway, alice)
    async with gateway.http(session) as client:
        again = Poller(client)
        again.client_id, again.position = alice.client_id, alice.position
        second = asyncio.create_task(again.poll(wait=55))
        response = await first
        assert (response.status_code, response.headers["x-error-code"]) == (409, "client_taken_over")
        await gateway.progress(started["requestId"], "for the second")
        assert texts(await second) == ["for the second"]


async def test_a_waiting_call_takes_the_client_over_from_a_stream_that_does_not_work(
    gateway: RunningGateway, session: Session, alice: Poller
) -> None:
    await alice.poll()
    async with gateway.http(session) as client, events(client, alice) as stream:
        await attached(gateway, alice)
        waiting = asyncio.create_task(alice.poll(wait=20))
        _ = [line async for line in stream.aiter_lines()]
        waiting.cancel()


async def test_a_call_that_need_not_wait_leaves_the_stream_alone(
    gateway: RunningGateway, session: Session, alice: Poller
) -> None:
    await alice.poll()
    started = await alice.run()
    await gateway.progress(started["requestId"], "first")
    async with gateway.http(session) as client, events(client, alice) as stream:
        await attached(gateway, alice)
        assert texts(await alice.poll(wait=20)) == ["first"]
        assert (await alice.poll(wait=0))["frames"] == []
        await gateway.progress(started["requestId"], "second")
        async for line in stream.aiter_lines():
            if "second" in line:
                break
        await stream.aclose()


async def test_a_client_that_leaves_ends_its_call(gateway: RunningGateway, alice: Poller) -> None:
    await alice.poll()
    waiting = asyncio.create_task(alice.response(wait=55))
    await attached(gateway, alice)
    waiting.cancel()
    await detached(gateway, alice)
    assert not gateway.bus.session_listeners._listeners


async def test_logging_out_ends_a_waiting_call(gateway: RunningGateway, session: Session, alice: Poller) -> None:
    await alice.poll()
    waiting = asyncio.create_task(alice.response(wait=55))
    await attached(gateway, alice)
    await gateway.log_out(session)
    response = await waiting
    assert (response.status_code, response.text) == (401, "Invalid or expired session")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_process_that_ends_answers_first() -> None:
    async with running_gateway(timing=DrainTiming(total=10, grace=0, window=0)) as gateway:
        async with gateway.http(await gateway.log_in()) as client:
            alice = Poller(client)
            await alice.poll()
            waiting = asyncio.create_task(alice.poll(wait=55))
            await attached(gateway, alice)
            gateway.server.begin_shutdown()
            assert (await waiting)["frames"] == []
        await gateway.ended


@pytest.mark.parametrize(
    ("query", "sentence"),
    [("", "Missing authentication token"), ("?session_token=unknown", "Invalid or expired session")],
)
async def test_a_session_that_is_none_is_401_in_plain_text(
    gateway: RunningGateway, query: str, sentence: str
) -> None:
    async with gateway.http() as client:
        response = await client.get(f"/api/events/poll{query}")
    assert (response.status_code, response.text) == (401, sentence)
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


async def test_the_token_may_be_in_the_query_a_ticket_or_the_cookie(
    gateway: RunningGateway, session: Session
) -> None:
    token = session.token.text
    async with gateway.http(session) as client:
        ticket = (await client.post("/api/events/ticket")).json()["ticket"]
    async with gateway.http() as client:
        for query in (f"session_token={token}", f"ticket={ticket}"):
            assert (await client.get(f"/api/events/poll?{query}")).status_code == 200
        cookie = {"cookie": f"session_token={token}"}
        assert (await client.get("/api/events/poll", headers=cookie)).status_code == 200


@pytest.mark.parametrize("wait", ["soon", "-1", "nan", ""])
async def test_a_wait_that_is_no_number_of_seconds_is_400(alice: Poller, wait: str) -> None:
    response = await alice.response(wait=wait)
    assert (response.status_code, response.json()["error"]) == (400, "wait must be a number of seconds.")


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (lambda gateway: gateway.bus.outage(), 503),
        (lambda gateway: setattr(gateway.authority, "trouble", AuthBackEndUnavailable()), 503),
    ],
    ids=["store", "login"],
)
async def test_trouble_behind_the_gateway_logs_nobody_out(
    gateway: RunningGateway, trouble: Callable[[RunningGateway], Any], status: int
) -> None:
    fresh = gateway.authority.open(BOB)
    trouble(gateway)
    async with gateway.http(fresh) as client:
        response = await client.get("/api/events/poll")
    assert (response.status_code, response.headers["retry-after"]) == (status, "2")


async def test_an_outage_during_the_wait_delays_but_loses_nothing(gateway: RunningGateway, alice: Poller) -> None:
    await alice.poll()
    started = await alice.run()
    waiting = asyncio.create_task(alice.poll(wait=55))
    await attached(gateway, alice)
    gateway.bus.outage()
    gateway.bus.recovery()
    await gateway.progress(started["requestId"], "after")
    assert texts(await waiting) == ["after"]


async def test_waiting_calls_count_as_streams(alice: Poller) -> None:
    async with (
        running_gateway(variables={"GATEWAY_STREAMS_PER_SESSION": "1"}) as gateway,
        gateway.http(await gateway.log_in()) as client,
    ):
        first, second = Poller(client), Poller(client)
        await first.poll()
        await second.poll()
        waiting = asyncio.create_task(first.poll(wait=20))
        await attached(gateway, first)
        response = await second.response(wait=20)
        assert (response.status_code, response.headers["retry-after"]) == (429, "5")
        waiting.cancel()


async def test_other_methods_are_405_and_head_opens_nothing(gateway: RunningGateway, session: Session) -> None:
    async with gateway.http(session) as client:
        assert (await client.post("/api/events/poll")).status_code == 405
        head = await client.head("/api/events/poll")
    assert (head.status_code, head.content) == (200, b"")
    assert not gateway.bus.clients._entries


async def test_browsers_of_allowed_origins_may_read_it(gateway: RunningGateway, session: Session) -> None:
    origin = "https://app.example.test"
    async with gateway.http(session) as client:
        response = await client.get("/api/events/poll", headers={"origin": origin})
    assert response.headers["access-control-allow-origin"] == origin


async def test_noetl_is_not_asked_for_the_state_of_a_run_by_each_call() -> None:
    async with (
        running_gateway(MemoryBus(SwiftClock(200))) as gateway,
        gateway.http(await gateway.log_in()) as client,
    ):
        alice = Poller(client)
        await alice.poll()
        started = await alice.run()
        asked = _counted(gateway.runner.status)
        gateway.runner.status = asked  # type: ignore[method-assign]
        for _ in range(3):
            await alice.poll(wait=1)
        assert asked.times == 1
        gateway.runner.statuses[started["executionId"]] = RunStatus.COMPLETED
        while not (answer := await alice.poll(wait=20))["frames"]:
            pass
        assert answer["frames"][0]["data"]["params"]["event_type"] == "playbook.completed"
        assert asked.times == 2


class _counted:  # noqa: N801 - used like a function
    def __init__(self, ask: Callable[[str], Awaitable[RunStatus]]) -> None:
        self._ask = ask
        self.times = 0

    async def __call__(self, execution_id: str) -> RunStatus:
        self.times += 1
        return await self._ask(execution_id)

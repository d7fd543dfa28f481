"""How an open WebSocket ends."""

import asyncio
import json

import pytest
from tests.unit.running_gateway import ADA, PLAYBOOK, RunningGateway, running_gateway
from tests.unit.websocket.talking import Talk, talking
from websockets.exceptions import ConnectionClosed

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from adapters.memory.playbook_runner import MemoryPlaybookRunner
from domain.identity import Session
from domain.playbooks import Execution, ExecutionOrder
from entrypoints.http.server.drain import DrainTiming

OVER = {"code": -32002, "message": "Invalid or expired session", "data": {"code": "session_invalid"}}
IN_TIME = DrainTiming(total=10, grace=0, window=0)


async def metric(gateway: RunningGateway, name: str) -> float:
    async with gateway.http() as client:
        lines = (await client.get("/metrics")).text.splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"noetl_gateway_{name} "))


async def later(clock: ManualClock, gateway: RunningGateway, seconds: float) -> None:
    await clock.advance(seconds)
    gateway.container.timer_wheel().turn()


async def test_logging_out_ends_it_with_a_word(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        await gateway.log_out(session)
        assert await talk.closed() == (4401, "logged_out")
    assert talk.seen[-1] == {"jsonrpc": "2.0", "id": None, "error": OVER}
    assert await metric(gateway, 'stream_closed_total{reason="logged_out"}') == 1
    assert await metric(gateway, "sse_connections") == 0


async def test_it_does_not_outlive_its_session() -> None:
    clock = ManualClock()
    async with running_gateway(MemoryBus(clock)) as gateway:
        async with talking(gateway, await gateway.log_in(hours=1)) as talk:
            await talk.initialize()
            await later(clock, gateway, 3590)
            assert (await talk.ask("ping"))["result"] == {}
            await later(clock, gateway, 12)
            assert await talk.closed() == (4401, "expired")
        assert talk.seen[-1]["error"] == OVER
        assert await metric(gateway, 'stream_closed_total{reason="ended"}') == 1


async def test_it_is_pinged() -> None:
    clock = ManualClock()
    async with running_gateway(MemoryBus(clock)) as gateway, talking(gateway, await gateway.log_in()) as talk:
        await talk.initialize()
        await later(clock, gateway, 32)
        assert await talk.read() == {"jsonrpc": "2.0", "method": "ping", "params": {}}
        await later(clock, gateway, 32)
        assert (await talk.read())["method"] == "ping"


async def test_what_the_peer_has_received_is_not_sent_again_to_a_bare_client_id() -> None:
    """Known two heartbeats later: by then all that was written before is acknowledged."""
    clock = ManualClock()
    async with running_gateway(MemoryBus(clock)) as gateway:
        session = await gateway.log_in()
        async with talking(gateway, session) as talk:
            await talk.initialize()
            started = (await talk.ask("playbook/execute", name=PLAYBOOK))["result"]
            await gateway.progress(started["requestId"], "received")
            assert (await talk.frame())["params"]["message"] == "received"
            for _ in range(2):
                await later(clock, gateway, 32)
                await talk.read()
        await gateway.progress(started["requestId"], "not yet")
        async with talking(gateway, session) as again:
            await again.initialize(clientId=talk.client_id)
            assert (await again.frame())["params"]["message"] == "not yet"


async def test_it_is_rotated_at_the_age_that_is_set() -> None:
    clock = ManualClock()
    variables = {"GATEWAY_CONNECTION_TIMEOUT_SECS": "100"}
    async with (
        running_gateway(MemoryBus(clock), variables=variables) as gateway,
        talking(gateway, await gateway.log_in()) as talk,
    ):
        await talk.initialize()
        await later(clock, gateway, 102)
        assert await talk.closed() == (1001, "aged")


async def test_a_process_that_ends_says_so() -> None:
    async with running_gateway(timing=IN_TIME) as gateway:
        async with talking(gateway, await gateway.log_in()) as talk:
            await talk.initialize()
            gateway.server.begin_shutdown()
            assert await talk.closed() == (1001, "drained")
        await gateway.ended


async def test_a_process_that_ends_answers_what_it_was_asked_before() -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        entered.set()
        await go_on.wait()

    async with running_gateway(timing=IN_TIME, runner=MemoryPlaybookRunner(at_work)) as gateway:
        async with talking(gateway, await gateway.log_in()) as talk:
            await talk.initialize()
            await talk.send({"jsonrpc": "2.0", "id": "e", "method": "playbook/execute", "params": {"name": PLAYBOOK}})
            await entered.wait()
            gateway.server.begin_shutdown()
            await drained(talk)
            go_on.set()
            assert await talk.closed() == (1001, "drained")
        assert "result" in next(message for message in talk.seen if message.get("id") == "e")


async def drained(talk: Talk) -> None:
    """New calls are refused from then on."""
    while (await talk.ask("ping")).get("error", {}).get("data") != {"code": "leaving"}:
        await asyncio.sleep(0.01)


async def test_a_process_that_must_end_at_once_says_so_too() -> None:
    async with running_gateway() as gateway, talking(gateway, await gateway.log_in()) as talk:
        await talk.initialize()
        gateway.server.begin_shutdown()
        gateway.server.begin_shutdown()
        code, _ = await talk.closed()
        assert code in (1001, 1012)


async def test_a_message_that_is_too_long_ends_it() -> None:
    async with (
        running_gateway(variables={"GATEWAY_MAX_BODY_BYTES": "2000"}) as gateway,
        talking(gateway, await gateway.log_in()) as talk,
    ):
        await talk.socket.send(json.dumps({"jsonrpc": "2.0", "id": "x" * 1900, "method": "ping"}))
        assert (await talk.read())["result"] == {}
        await talk.socket.send("x" * 2001)
        assert await talk.closed() == (1009, "message too big")


async def test_a_peer_that_leaves_without_a_word_leaves_nothing_behind(
    gateway: RunningGateway, session: Session
) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        talk.socket.transport.abort()
        with pytest.raises(ConnectionClosed):
            await talk.read()
    while await metric(gateway, "sse_connections"):
        await asyncio.sleep(0.01)
    assert await metric(gateway, 'stream_closed_total{reason="left"}') == 1
    assert not gateway.bus.session_listeners._listeners
    assert not gateway.container.timer_wheel()._slot_of


async def test_no_token_of_a_url_is_logged(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        async with running_gateway() as gateway:
            token = (await gateway.log_in(ADA)).token.text
            async with talking(gateway, path=f"/ws?session_token={token}") as talk:
                await talk.initialize()
    server_side = [record for record in caplog.records if not record.name.startswith("websockets.client")]
    assert token not in "\n".join(record.getMessage() for record in server_side)

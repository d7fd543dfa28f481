"""Calls and answers, by JSON-RPC 2.0."""

import asyncio
import json
from typing import Any

import pytest
from tests.unit.running_gateway import PLAYBOOK, RunningGateway, running_gateway
from tests.unit.websocket.talking import Talk, talking

from adapters.memory.playbook_runner import MemoryPlaybookRunner
from domain.errors import UpstreamTimedOut
from domain.identity import Session
from domain.playbooks import Execution, ExecutionOrder, ResourceKind
from entrypoints.http.websocket.calls import CALLS_AT_A_TIME

PING = {"jsonrpc": "2.0", "method": "ping"}


def call(method: str, call_id: object = 1, **params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": call_id, "method": method, "params": params}


async def test_a_playbook_is_executed_for_the_client(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        answer = await talk.ask("playbook/execute", name=PLAYBOOK, variables={"a": 1})
    result = answer["result"]
    assert result["id"] == result["executionId"]
    assert (result["name"], result["status"], result["textOutput"]) == (PLAYBOOK, "started", None)
    assert talk.client_id.replace("-", "_") in result["position"]
    (order,) = gateway.runner.orders
    assert order.workload == {"a": 1, "request_id": result["requestId"], "gateway_url": _gateway_url(order)}
    assert order.resource_kind is ResourceKind.PLAYBOOK
    assert order.on_behalf_of == session


def _gateway_url(order: ExecutionOrder) -> object:
    assert isinstance(order.workload, dict)
    return order.workload["gateway_url"]


async def test_an_agent_is_executed_too(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        await talk.ask("playbook/execute", name=PLAYBOOK, resourceKind="agent")
    assert gateway.runner.orders[0].resource_kind is ResourceKind.AGENT


async def test_a_run_need_not_be_awaited(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        answer = await talk.ask("playbook/execute", name=PLAYBOOK, awaitResult=False)
    assert (answer["result"]["requestId"], answer["result"]["position"]) == (None, None)


async def test_an_execution_is_run_again(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        first = (await talk.ask("playbook/execute", name=PLAYBOOK))["result"]
        _catalog(gateway).execution_paths[first["executionId"]] = PLAYBOOK
        second = (await talk.ask("playbook/rerun", executionId=first["executionId"], variables={"b": 2}))["result"]
    assert second["executionId"] != first["executionId"]
    assert second["requestId"] is not None
    assert gateway.runner.orders[1].path == PLAYBOOK


def _catalog(gateway: RunningGateway) -> Any:
    return gateway.container.catalog()


@pytest.mark.parametrize(
    ("method", "params", "code", "detail"),
    [
        ("nothing", {}, -32601, None),
        ("playbook/execute", {}, -32602, None),
        ("playbook/execute", {"name": ""}, -32602, None),
        ("playbook/execute", {"name": 7}, -32602, None),
        ("playbook/execute", {"name": PLAYBOOK, "resourceKind": "robot"}, -32602, "request_malformed"),
        ("playbook/execute", {"name": PLAYBOOK, "variables": [1]}, -32602, "request_malformed"),
        ("playbook/execute", {"name": "secret/other"}, -32003, "playbook_denied"),
        ("playbook/rerun", {"executionId": "../1"}, -32602, "request_malformed"),
    ],
)
async def test_what_cannot_be_done_is_told(
    gateway: RunningGateway,
    session: Session,
    method: str,
    params: dict[str, object],
    code: int,
    detail: str | None,
) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        error = (await talk.ask(method, **params))["error"]
    assert error["code"] == code
    assert error.get("data") == ({"code": detail} if detail else None)
    assert gateway.runner.orders == []


async def test_positional_parameters_are_refused(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        await talk.send({"jsonrpc": "2.0", "id": "p", "method": "playbook/execute", "params": [PLAYBOOK]})
        assert (await talk.read())["error"]["code"] == -32602


async def test_a_failure_of_noetl_is_told_and_the_next_call_works(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        gateway.runner.trouble = UpstreamTimedOut()
        error = (await talk.ask("playbook/execute", name=PLAYBOOK))["error"]
        assert (error["code"], error["data"]) == (-32603, {"code": "upstream_timed_out"})
        gateway.runner.trouble = None
        assert "result" in await talk.ask("playbook/execute", name=PLAYBOOK)


async def test_a_mistake_of_the_gateway_is_logged_and_not_told(
    gateway: RunningGateway, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(order: ExecutionOrder, execution: Execution) -> None:
        raise RuntimeError("secret detail")

    gateway.runner.at_work = fail
    async with talking(gateway, session) as talk:
        await talk.initialize()
        answer = await talk.ask("playbook/execute", name=PLAYBOOK)
        assert answer["error"]["code"] == -32603
        assert "secret" not in json.dumps(answer)
        assert "result" in await talk.ask("ping")
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("method", ["playbook/execute", "playbook/rerun"])
async def test_nothing_is_run_before_initialize(gateway: RunningGateway, session: Session, method: str) -> None:
    async with talking(gateway, session) as talk:
        answer = await talk.ask(method, name=PLAYBOOK, executionId="1", awaitResult=False)
        assert answer["error"]["code"] == -32600
        assert (await talk.ask("ping"))["result"] == {}
    assert gateway.runner.orders == []


@pytest.mark.parametrize(
    "call_id", ["1", '"a"', "null", "0", "-7", "1.50", "766633604884463618123456789", '"\\u00e4"', '""']
)
async def test_the_id_comes_back_as_it_was_spelled(gateway: RunningGateway, session: Session, call_id: str) -> None:
    async with talking(gateway, session) as talk:
        await talk.socket.send('{"jsonrpc":"2.0","method":"ping","id":' + call_id + "}")
        assert await talk.socket.recv() == '{"jsonrpc":"2.0","id":' + call_id + ',"result":{}}'


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", -32700),
        ("{", -32700),
        ('{"jsonrpc":"2.0","method":"ping","id":1', -32700),
        ("[" * 50_000, -32700),
        (b"\xff\xfe", -32700),
        ("7", -32600),
        ("null", -32600),
        ('"ping"', -32600),
        ("{}", -32600),
        ("[]", -32600),
        ('{"jsonrpc":"1.0","method":"ping","id":1}', -32600),
        ('{"method":"ping","id":1}', -32600),
        ('{"jsonrpc":"2.0","method":7,"id":1}', -32600),
        ('{"jsonrpc":"2.0","id":1,"result":{}}', -32600),
        ('{"jsonrpc":"2.0","method":"ping","id":true}', -32600),
        ('{"jsonrpc":"2.0","method":"ping","id":[1]}', -32600),
        ('{"jsonrpc":"2.0","method":"ping","id":{}}', -32600),
    ],
)
async def test_what_is_no_call_is_told_so_and_the_connection_goes_on(
    gateway: RunningGateway, session: Session, message: str | bytes, code: int
) -> None:
    async with talking(gateway, session) as talk:
        await talk.socket.send(message)
        answer = await talk.read()
        assert (answer["id"], answer["error"]["code"]) == (None, code)
        assert (await talk.ask("ping"))["result"] == {}


async def test_a_binary_message_is_read_like_text(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.socket.send(json.dumps(call("ping")).encode())
        assert (await talk.read())["result"] == {}


async def test_a_notification_gets_no_answer_not_even_an_error(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        for method in ("ping", "nothing", "playbook/execute"):
            await talk.send({"jsonrpc": "2.0", "method": method})
        await talk.send({"jsonrpc": "2.0", "method": "playbook/execute", "params": {"name": PLAYBOOK}})
        while not gateway.runner.orders:
            assert (await talk.ask("ping"))["result"] == {}
    assert all(message["id"] is not None for message in talk.seen)


async def test_a_batch_is_answered_as_one(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        execute = call("playbook/execute", "e", name=PLAYBOOK)
        await talk.send([call("ping", 1), PING, execute, {"foo": 1}, call("nothing", 2), 3])
        answers = await talk.read()
    assert [answer["id"] for answer in answers] == [1, "e", None, 2, None]
    assert answers[1]["result"]["name"] == PLAYBOOK
    assert [answer["error"]["code"] for answer in answers if "error" in answer] == [-32600, -32601, -32600]


async def test_a_batch_of_notifications_gets_no_answer(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.send([PING, PING])
        assert (await talk.ask("ping"))["id"] == talk.seen[0]["id"]
    assert len(talk.seen) == 1


async def test_initialize_does_not_fit_into_a_batch(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.send([call("initialize")])
        ((answer),) = await talk.read()
        assert answer["error"]["code"] == -32600
        await talk.initialize()


class Slowly:
    """A runner whose calls wait."""

    def __init__(self) -> None:
        self.working = 0
        self.go_on = asyncio.Event()

    async def __call__(self, order: ExecutionOrder, execution: Execution) -> None:
        self.working += 1
        await self.go_on.wait()


async def test_only_so_many_calls_go_on_at_a_time() -> None:
    slowly = Slowly()
    async with (
        running_gateway(runner=MemoryPlaybookRunner(slowly)) as gateway,
        talking(gateway, await gateway.log_in()) as talk,
    ):
        await talk.initialize()
        for n in range(CALLS_AT_A_TIME):
            await talk.send(call("playbook/execute", f"run {n}", name=PLAYBOOK))
        refused = await talk.ask("ping")
        assert refused["error"]["data"] == {"code": "too_many_requests", "retryAfter": 1}
        slowly.go_on.set()
        answered = {(await talk.read())["id"] for _ in range(CALLS_AT_A_TIME)}
        assert answered == {f"run {n}" for n in range(CALLS_AT_A_TIME)}
        assert (await talk.ask("ping"))["result"] == {}


async def test_a_batch_beyond_that_is_not_even_looked_at(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.send([call("ping", n) for n in range(CALLS_AT_A_TIME + 1)])
        answer = await talk.read()
        assert (answer["id"], answer["error"]["data"]["code"]) == (None, "too_many_requests")
        await talk.send([call("ping", n) for n in range(CALLS_AT_A_TIME)])
        assert len(await talk.read()) == CALLS_AT_A_TIME


async def test_a_slow_call_does_not_hold_up_the_next() -> None:
    slowly = Slowly()
    async with (
        running_gateway(runner=MemoryPlaybookRunner(slowly)) as gateway,
        talking(gateway, await gateway.log_in()) as talk,
    ):
        await talk.initialize()
        await talk.send(call("playbook/execute", "slow", name=PLAYBOOK))
        assert (await talk.ask("ping"))["result"] == {}
        slowly.go_on.set()
        assert (await talk.read())["id"] == "slow"


async def test_a_run_is_booked_even_if_its_caller_has_left_meanwhile() -> None:
    slowly = Slowly()
    async with running_gateway(runner=MemoryPlaybookRunner(slowly)) as gateway:
        session = await gateway.log_in()
        async with talking(gateway, session) as talk:
            await talk.initialize()
            await talk.send(call("playbook/execute", name=PLAYBOOK))
            while not slowly.working:
                await asyncio.sleep(0)
        slowly.go_on.set()
        async with talking(gateway, session) as again:
            pending = await _pending(again, talk.client_id)
    assert [request["playbookPath"] for request in pending] == [PLAYBOOK]


async def _pending(talk: Talk, client_id: str) -> Any:
    """The call of the earlier connection ends in its own time."""
    result = await talk.initialize(clientId=client_id)
    assert talk.client_id == client_id
    return result.get("pendingRequests", [])


async def test_variables_that_nest_too_deep_are_refused(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        nested = '{"a":' * 3000 + "1" + "}" * 3000
        params = '{"name":"' + PLAYBOOK + '","variables":' + nested + "}"
        await talk.socket.send('{"jsonrpc":"2.0","id":1,"method":"playbook/execute","params":' + params + "}")
        assert (await talk.read())["error"]["code"] == -32700
        assert (await talk.ask("ping"))["result"] == {}

"""Line 9: async callbacks: state then result; `FAILED`, `failed`, `error` only; numeric `execution_id`; 404, 202 and
200 bodies; no result before the mutation's response; quick reconnects; callbacks faster than execute (wire 4.3, 4.4).
"""

import asyncio
import logging
from typing import Any

import httpx
import pytest
from tests.compatibility.event_stream import EventStream, opened
from tests.compatibility.runs import answer, execute
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.noetl.server import SimulatedNoetl

pytestmark = pytest.mark.integration

UNKNOWN = "5a3c1a52-8ad1-4d8e-9d7e-3a4f6b1c2d3e"
ASYNC, PROGRESS, AUTH = (f"/api/internal/{path}" for path in ("callback/async", "progress", "callback"))


async def _pending(gateway: httpx.AsyncClient, client_id: str) -> Any:
    return await execute(gateway, "demo/slow", client_id, seconds=60)


async def _both(stream: EventStream) -> tuple[Any, Any]:
    state, result = await stream.next(), await stream.next()
    assert (state.name, result.name) == ("playbook/state", "playbook/result")
    return state.params, result.params


async def test_line_09_the_state_comes_before_the_result(gateway: httpx.AsyncClient, alice: str) -> None:
    """[C]: one client resolves on the state and reads the execution, the others on the result."""
    async with opened(gateway, alice) as (stream, init):
        run = await _pending(gateway, init["clientId"])
        reply = await answer(gateway, run["requestId"], status="COMPLETED", data={"summary": 1})
        state, result = await _both(stream)
    assert (reply.status_code, reply.json()) == (200, {"status": "delivered"})
    at = state.pop("at")
    assert at[10] == "T"
    assert state == {
        "execution_id": run["executionId"],
        "event_type": "playbook.completed",
        "step_name": None,
        "status": "completed",
        "synthetic": True,
    }
    assert result == {
        "requestId": run["requestId"],
        "executionId": run["executionId"],
        "status": "COMPLETED",
        "data": {"summary": 1},
    }


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"status": "FAILED"}, {"code": -32000, "message": "Playbook execution failed", "data": None}),
        ({"status": "failed"}, {"code": -32000, "message": "Playbook execution failed", "data": None}),
        ({"status": "error"}, {"code": -32000, "message": "Playbook execution failed", "data": None}),
        ({"error": {"message": "boom"}}, {"code": -32000, "message": "boom", "data": None}),
        (
            {"status": "COMPLETED", "error": {"code": 7, "message": "boom", "data": [1]}},
            {"code": 7, "message": "boom", "data": [1]},
        ),
        ({"error": {"code": "-32001", "message": 5}}, {"code": -32001, "message": "5", "data": None}),
    ],
    ids=str,
)
async def test_line_09_a_failure_is_one_however_it_is_spelled(
    gateway: httpx.AsyncClient, alice: str, body: dict[str, object], error: object
) -> None:
    """D25; the `data` of a failed callback is dropped."""
    async with opened(gateway, alice) as (stream, init):
        run = await _pending(gateway, init["clientId"])
        await answer(gateway, run["requestId"], data={"dropped": True}, **body)
        state, result = await _both(stream)
    assert (state["event_type"], state["status"]) == ("playbook.failed", "failed")
    assert result == {
        "requestId": run["requestId"],
        "executionId": run["executionId"],
        "status": "FAILED",
        "error": error,
    }


async def test_line_09_a_numeric_execution_id_keeps_its_digits(gateway: httpx.AsyncClient, alice: str) -> None:
    """The Rust worker's templates make numbers of ids (wire 2.4)."""
    async with opened(gateway, alice) as (stream, init):
        run = await _pending(gateway, init["clientId"])
        await answer(gateway, run["requestId"], execution_id=9223372036854775807)
        state, result = await _both(stream)
    assert state["execution_id"] == result["executionId"] == "9223372036854775807"


async def test_line_09_the_workers_data_passes_verbatim(gateway: httpx.AsyncClient, alice: str) -> None:
    data = '{"big": 12345678901234567890123, "float": 1.10, "text": "a\\u2028b", "nested": [null, {"x": 1e400}]}'
    async with opened(gateway, alice) as (stream, init):
        run = await _pending(gateway, init["clientId"])
        body = f'{{"request_id": "{run["requestId"]}", "data": {data}}}'
        await gateway.post(ASYNC, content=body, headers={"content-type": "application/json"})
        result = await stream.next("playbook/result")
    assert data in result.data


@pytest.mark.parametrize("path", [ASYNC, PROGRESS])
@pytest.mark.parametrize("request_id", [UNKNOWN, "no-uuid", "", ">", "*", "a.b", 5])
async def test_line_09_an_unknown_request_is_404(gateway: httpx.AsyncClient, path: str, request_id: object) -> None:
    reply = await gateway.post(path, json={"request_id": request_id})
    assert (reply.status_code, reply.json()) == (404, {"error": "Request not found"})


async def test_line_09_without_a_connected_client_it_is_202_and_the_result_is_kept(
    gateway: httpx.AsyncClient, alice: str
) -> None:
    async with opened(gateway, alice) as (_, init):
        run = await _pending(gateway, init["clientId"])
    async with asyncio.timeout(5):
        while (reply := await answer(gateway, run["requestId"], data=1)).status_code == 200:
            await asyncio.sleep(0.02)  # the gateway has yet to see that the page has gone
    assert (reply.status_code, reply.json()) == (202, {"status": "queued", "clientDisconnected": True})
    async with opened(gateway, alice, client_id=init["clientId"]) as (stream, _):
        assert (await stream.next("playbook/result")).params["data"] == 1


async def test_line_09_a_repeated_callback_is_no_second_result(gateway: httpx.AsyncClient, alice: str) -> None:
    """D39: the original delivered both of two concurrent ones, and answered a retry with 404."""
    async with opened(gateway, alice) as (stream, init):
        run = await _pending(gateway, init["clientId"])
        replies = await asyncio.gather(*(answer(gateway, run["requestId"], data="one") for _ in range(3)))
        replies.append(await answer(gateway, run["requestId"], data="two"))
        other = await _pending(gateway, init["clientId"])
        await answer(gateway, other["requestId"], data="other")
        first, second = await _both(stream), await _both(stream)
    assert {reply.status_code for reply in replies} == {200}
    assert (first[1]["data"], second[1]["data"]) == ("one", "other")


async def test_line_09_a_callback_that_is_faster_than_execute_waits_for_the_mutations_response(
    gateway: httpx.AsyncClient, alice: str, noetl: SimulatedNoetl
) -> None:
    """D21 [C]: pages register their waiter when the response is parsed, and drop what comes before (wire 4.6)."""
    noetl.faults.execute_delay = 0.4
    async with opened(gateway, alice) as (stream, init):
        mutation = asyncio.create_task(_pending(gateway, init["clientId"]))
        request_id = await _request_id(noetl)
        reply = await answer(gateway, request_id, data="early")
        frame = asyncio.create_task(stream.next())
        await asyncio.wait((mutation, frame), return_when=asyncio.FIRST_COMPLETED)
        assert mutation.done(), "the frame came before the response"
        assert (await mutation)["requestId"] == request_id
        assert (await frame).name == "playbook/state"
        assert (await stream.next()).params["data"] == "early"
    assert (reply.status_code, reply.json()) == (200, {"status": "delivered"})


async def _request_id(noetl: SimulatedNoetl) -> str:
    """What the workload of the run carries that is being started."""
    async with asyncio.timeout(5):
        while not (bodies := noetl.requests.bodies("/api/execute")) or not _of_page(bodies[-1]):
            await asyncio.sleep(0.005)
    return _of_page(bodies[-1])


def _of_page(body: Any) -> str:
    return str(body["workload"]["request_id"]) if body["path"].startswith("demo/") else ""


async def test_line_09_a_quick_reconnect_does_not_lose_the_result(gateway: httpx.AsyncClient, alice: str) -> None:
    """D19: the end of the old stream once unregistered the new one, and the old one lived on."""
    async with opened(gateway, alice) as (old, init):
        run = await _pending(gateway, init["clientId"])
        async with opened(gateway, alice, client_id=init["clientId"]) as (new, again):
            assert again["clientId"] == init["clientId"]
            assert [event.name for event in await old.rest()] == []
            await answer(gateway, run["requestId"], data="to the new one")
            assert (await new.next("playbook/result")).params["data"] == "to the new one"


async def test_line_09_progress_is_passed_on_with_its_nulls(gateway: httpx.AsyncClient, alice: str) -> None:
    async with opened(gateway, alice) as (stream, init):
        run = await _pending(gateway, init["clientId"])
        body = {"request_id": run["requestId"], "message": "half", "progress": "0.5"}
        reply = await gateway.post(PROGRESS, json=body)
        progress = await stream.next("playbook/progress")
    assert (reply.status_code, reply.json()) == (200, {"status": "sent"})
    assert progress.params == {
        "requestId": run["requestId"],
        "executionId": run["executionId"],
        "step": None,
        "message": "half",
        "progress": 0.5,
    }


@pytest.mark.parametrize("path", [ASYNC, PROGRESS, AUTH])
@pytest.mark.parametrize(("body", "status"), [(b"", 400), (b"{", 400), (b"{}", 422), (b"[]", 422)])
async def test_line_09_an_unreadable_callback_is_logged_with_its_caller_and_counted(
    gateway: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, path: str, body: bytes, status: int
) -> None:
    """D58: playbooks that say `data:` for the body of their callback send an empty one, and a result is lost."""
    before = await _unreadable(gateway)
    with caplog.at_level(logging.WARNING):
        reply = await gateway.post(path, content=body, headers={"content-type": "application/json"})
    assert reply.status_code == status
    assert f"a callback from 127.0.0.1 to {path} is lost" in caplog.text
    assert await _unreadable(gateway) == before + 1


async def _unreadable(gateway: httpx.AsyncClient) -> float:
    lines = (await gateway.get("/metrics")).text.splitlines()
    return float(
        next(line.split()[1] for line in lines if line.startswith("noetl_gateway_callback_unreadable_total"))
    )


async def test_line_09_a_callback_may_arrive_at_any_replica(
    deployment: Deployment, gateway: httpx.AsyncClient, alice: str
) -> None:
    """D22."""
    async with deployment.gateway() as other, opened(gateway, alice) as (stream, init):
        run = await _pending(gateway, init["clientId"])
        reply = await answer(other, run["requestId"], data="by another way")
        assert (reply.status_code, reply.json()) == (200, {"status": "delivered"})
        assert (await stream.next("playbook/result")).params["data"] == "by another way"

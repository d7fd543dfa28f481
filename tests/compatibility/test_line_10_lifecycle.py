"""Line 10: both subject shapes, numeric and string ids, the four event types, cancelled, underscore spellings,
unknown types ignored (wire 5).
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import nats
import pytest
from nats.aio.client import Client
from tests.compatibility.event_stream import EventStream, opened
from tests.compatibility.runs import answer, execute
from tests.integration.gateway.conftest import Deployment

pytestmark = pytest.mark.integration

RUST, PYTHON = "noetl.events.{type}", "noetl.events.default.default.{id}.0"


@dataclass(frozen=True, slots=True)
class Watching:
    """A page that waits for a run, and the bus on which NoETL speaks of it."""

    stream: EventStream
    run: Any
    bus: Client

    async def publish(self, shape: str = RUST, /, **event: object) -> None:
        """An event of the run unless it names another."""
        row = {"execution_id": int(self.run["executionId"]), **event}
        subject = shape.format(type=str(event.get("event_type")).strip() or "x", id=self.run["executionId"])
        await self.bus.publish(subject, json.dumps({k: v for k, v in row.items() if v != "absent"}).encode())

    async def state(self) -> Any:
        """The params of the next frame about the run, which must be a state."""
        event = await self.stream.next()
        assert event.name == "playbook/state"
        assert event.params["execution_id"] == self.run["executionId"]
        return event.params


@pytest.fixture
async def watching(deployment: Deployment, gateway: httpx.AsyncClient, alice: str) -> AsyncIterator[Watching]:
    bus = await nats.connect(deployment.behind.nats_url)
    async with opened(gateway, alice) as (stream, init):
        run = await execute(gateway, "demo/slow", init["clientId"], seconds=60)
        yield Watching(stream, run, bus)
    await bus.close()


@pytest.mark.parametrize("shape", [RUST, PYTHON])
@pytest.mark.parametrize("as_text", [True, False])
async def test_line_10_an_event_arrives_by_either_subject_and_either_kind_of_id(
    watching: Watching, shape: str, *, as_text: bool
) -> None:
    """D24: the original read text only, so that with the Rust subjects nothing was forwarded."""
    number = watching.run["executionId"]
    await watching.publish(
        shape,
        event_type="playbook.completed",
        execution_id=number if as_text else int(number),
        status="COMPLETED",
        node_name="end",
        created_at="2026-05-27T15:00:00Z",
    )
    assert await watching.state() == {
        "execution_id": number,
        "event_type": "playbook.completed",
        "step_name": "end",
        "status": "COMPLETED",
        "at": "2026-05-27T15:00:00Z",
    }


async def test_line_10_the_subject_alone_may_name_the_execution(watching: Watching) -> None:
    await watching.publish(PYTHON, event_type="step.exit", execution_id="absent")
    assert (await watching.state())["event_type"] == "step.exit"


@pytest.mark.parametrize(
    ("event_type", "told", "status"),
    [
        ("step.exit", "step.exit", "running"),
        ("playbook.completed", "playbook.completed", "completed"),
        ("playbook.failed", "playbook.failed", "failed"),
        ("calendar.event.touched", "calendar.event.touched", "running"),
        ("playbook_completed", "playbook.completed", "completed"),
        ("playbook_failed", "playbook.failed", "failed"),
        ("execution.cancelled", "playbook.failed", "cancelled"),
        ("playbook.cancelled", "playbook.failed", "cancelled"),
        ("playbook_cancelled", "playbook.failed", "cancelled"),
    ],
)
async def test_line_10_the_types_that_pages_are_told_of(
    watching: Watching, event_type: str, told: str, status: str
) -> None:
    """D25: cancelled runs and underscore spellings were never forwarded."""
    await watching.publish(event_type=event_type)
    state = await watching.state()
    assert (state["event_type"], state["status"]) == (told, status)


@pytest.mark.parametrize(
    "event",
    [
        {"event_type": "workflow.completed"},
        {"event_type": "step.started"},
        {"event_type": "command.issued"},
        {"event_type": "batch.completed"},
        {"event_type": ""},
        {"event_type": 5},
        {"event_type": "playbook.completed", "execution_id": 1},
        {"event_type": "playbook.completed", "execution_id": True},
    ],
    ids=str,
)
async def test_line_10_unknown_types_and_other_runs_are_passed_over(
    watching: Watching, event: dict[str, object]
) -> None:
    await watching.publish(**event)
    await watching.bus.publish("noetl.events.playbook.completed", b"not json")
    await watching.publish(event_type="step.exit", step_name="after")
    assert (await watching.state())["step_name"] == "after"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"type": "step.exit"}, {}),
        ({"name": "step.exit"}, {}),
        ({"event_type": " ", "type": "step.exit"}, {}),
        ({"executionId": "{id}", "execution_id": None}, {}),
        ({"id": "{id}", "execution_id": None}, {}),
        ({"step_name": "a", "node_name": "b"}, {"step_name": "a"}),
        ({"stepName": "a"}, {"step_name": "a"}),
        ({"nodeName": "a"}, {"step_name": "a"}),
        ({"step": "a"}, {"step_name": "a"}),
        ({"step": None}, {"step_name": None}),
        ({"status": "DONE"}, {"status": "DONE"}),
        ({"at": "t1", "timestamp": "t2"}, {"at": "t1"}),
        ({"timestamp": "t2", "created_at": "t3"}, {"at": "t2"}),
        ({"createdAt": "2026-05-27 15:00:00"}, {"at": "2026-05-27 15:00:00"}),
    ],
    ids=str,
)
async def test_line_10_the_fields_of_either_server_are_found(
    watching: Watching, event: dict[str, object], expected: dict[str, object]
) -> None:
    number = watching.run["executionId"]
    named = {key: number if value == "{id}" else value for key, value in event.items()}
    kind = {} if {"type", "name", "event_type"} & set(named) else {"event_type": "step.exit"}
    await watching.publish(**{**kind, **named})
    state = await watching.state()
    assert state["event_type"] == "step.exit"
    assert expected.items() <= state.items()


async def test_line_10_the_real_end_follows_the_workers_answer(
    gateway: httpx.AsyncClient, watching: Watching
) -> None:
    """D26: the callback deleted the pending entry, and what came after it was lost."""
    await answer(gateway, watching.run["requestId"], data="done")
    assert (await watching.state())["synthetic"] is True
    assert (await watching.stream.next()).name == "playbook/result"
    await watching.publish(event_type="playbook.completed", status="COMPLETED")
    real = await watching.state()
    assert (real["status"], "synthetic" in real) == ("COMPLETED", False)
    await watching.publish(event_type="calendar.event.touched")
    assert (await watching.state())["event_type"] == "calendar.event.touched"


async def test_line_10_a_run_that_was_cancelled_is_told_as_failed(
    gateway: httpx.AsyncClient, watching: Watching
) -> None:
    """By NoETL itself, when somebody cancels it through the proxy."""
    reply = await gateway.post(f"/noetl/executions/{watching.run['executionId']}/cancel", json={"cascade": True})
    assert reply.json()["status"] == "cancelled"
    state = await watching.state()
    assert (state["event_type"], state["status"]) == ("playbook.failed", "cancelled")


async def test_line_10_runs_that_nobody_waits_for_tell_nobody(gateway: httpx.AsyncClient, watching: Watching) -> None:
    without_client = await execute(gateway, "demo/quick", None)
    by_rest = await gateway.post("/noetl/execute", json={"path": "demo/quick"})
    for number in (without_client["executionId"], by_rest.json()["execution_id"]):
        await watching.publish(event_type="playbook.completed", execution_id=number)
    await watching.publish(event_type="step.exit")
    assert (await watching.state())["event_type"] == "step.exit"

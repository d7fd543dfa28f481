"""The events of the simulated server are those of the recorded ones, in their order and field by field."""

from collections import Counter
from typing import Any

import pytest
from tests.unit.demo.captures import captured_events, captured_playbook_source
from tests.unit.demo.noetl_client import NoetlClient, event_types
from tests.unit.demo.shapes import shape

from entrypoints.demo.noetl.execution import Execution

RECORDINGS = ("nats_events_hello_world", "nats_events_failed", "nats_events_cancelled")
# What is in here depends on the workload and on the steps before.
FREE = frozenset({"workload", "input", "ctx"})


async def perform(client: NoetlClient, recording: str) -> Execution:
    """What the recorded client did."""
    if recording == "nats_events_hello_world":
        client.server.catalog.register(captured_playbook_source())
        execution = await client.run("fixtures/playbooks/hello_world", {"message": "hi from capture"})
        await _cancel(client, execution, "already done")
    elif recording == "nats_events_failed":
        execution = await client.run("demo/fails")
    else:
        execution = await client.execute("demo/slow", {"seconds": 15})
        await client.until_started(execution)
        await _cancel(client, execution, "Gateway test cancel")
    return execution


@pytest.mark.parametrize("recording", RECORDINGS)
async def test_events_come_in_the_recorded_order(client: NoetlClient, recording: str) -> None:
    execution = await perform(client, recording)
    recorded = [event["event_type"] for event in captured_events(recording)]
    assert _without_batches(event_types(execution)) == _without_batches(recorded)
    assert Counter(event_types(execution)) == Counter(recorded)


def test_a_recording_shows_which_nodes_and_statuses_belong_to_an_event() -> None:
    assert _facts(captured_events("nats_events_cancelled")[-1]) == ("execution.cancelled", "cancel", "CANCELLED")


@pytest.mark.parametrize("recording", RECORDINGS)
async def test_events_tell_the_recorded_nodes_and_statuses(client: NoetlClient, recording: str) -> None:
    execution = await perform(client, recording)
    recorded = captured_events(recording)
    path = execution.entry.path
    theirs = {_facts(event, of=recorded[0]["node_name"]) for event in recorded}
    assert {_facts(event, of=path) for event in execution.events} == theirs


@pytest.mark.parametrize("recording", RECORDINGS)
async def test_every_event_has_the_recorded_fields(client: NoetlClient, recording: str) -> None:
    execution = await perform(client, recording)
    for event in execution.events:
        variants = [
            shape(_fixed(known))
            for name in RECORDINGS
            for known in captured_events(name)
            if known["event_type"] == event["event_type"]
        ]
        assert shape(_fixed(event)) in variants, event["event_type"]


async def test_ids_of_events_are_numbers_too_large_for_a_float(client: NoetlClient) -> None:
    execution = await client.run("demo/quick")
    for event in execution.events:
        assert isinstance(event["execution_id"], int)
        assert event["execution_id"] > 2**53
    ids = [event["event_id"] for event in execution.events]
    assert len(set(ids)) == len(ids)


async def test_events_hide_secrets_of_the_workload(client: NoetlClient) -> None:
    execution = await client.run("demo/quick", {"session_token": "very-secret", "name": "x"})
    assert "very-secret" not in str(execution.events)


def _fixed(value: Any) -> Any:
    """Without the members whose structure is the workload's business."""
    if isinstance(value, dict):
        if "render_context" in value:
            value = {**value, "render_context": _known_members(value["render_context"])}
        return {name: _fixed(member) for name, member in value.items() if name not in FREE}
    return value


def _known_members(render_context: dict[str, Any]) -> dict[str, Any]:
    known = ("catalog_id", "event", "execution_id", "iter", "job", "output")
    return {name: render_context[name] for name in known}


def _facts(event: Any, of: str = "") -> tuple[str, str, str]:
    node = "playbook" if event["node_name"] == of else event["node_name"]
    assert event["node_id"] == event["node_name"]
    return event["event_type"], node, event["status"]


def _without_batches(types: list[str]) -> list[str]:
    # A batch is logged while the worker goes on, so its place among the other events is chance.
    return [name for name in types if not name.startswith("batch.")]


async def _cancel(client: NoetlClient, execution: Execution, reason: str) -> None:
    await client.http.post(
        f"/api/executions/{execution.execution_id}/cancel", json={"reason": reason, "cascade": True}
    )

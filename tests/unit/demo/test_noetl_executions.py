from datetime import timedelta

import pytest
from tests.unit.demo.noetl_client import NoetlClient, event_types

from entrypoints.demo.noetl.execution import ExecutionState
from entrypoints.demo.noetl.timestamps import now


async def test_the_detail_holds_a_page_of_events_the_newest_first(client: NoetlClient) -> None:
    execution = await client.run("demo/quick")
    reply = await client.http.get(f"/api/executions/{execution.execution_id}?page_size=10&page=2")
    body = reply.json()
    assert body["status"] == "COMPLETED"
    assert body["path"] == "demo/quick"
    assert [event["event_type"] for event in body["events"]] == event_types(execution)[::-1][10:20]
    assert body["pagination"] == {
        "page": 2,
        "page_size": 10,
        "total_events": len(execution.events),
        "total_pages": 3,
        "has_next": True,
        "has_prev": True,
    }


async def test_ids_are_text_in_http_bodies(client: NoetlClient) -> None:
    execution = await client.run("demo/quick")
    body = (await client.http.get(f"/api/executions/{execution.execution_id}")).json()
    assert body["execution_id"] == str(execution.execution_id)
    assert body["events"][0]["event_id"] == str(execution.events[-1]["event_id"])


async def test_events_can_be_narrowed_by_type_and_by_what_is_known(client: NoetlClient) -> None:
    execution = await client.run("demo/quick")
    path = f"/api/executions/{execution.execution_id}/events"
    exits = (await client.http.get(f"{path}?event_type=step.exit")).json()["events"]
    assert [event["node_name"] for event in exits] == ["end", "start"]
    since = exits[1]["event_id"]
    later = (await client.http.get(f"{path}?event_type=step.exit&since_event_id={since}")).json()
    assert [event["node_name"] for event in later["events"]] == ["end"]


@pytest.mark.parametrize(
    ("size", "kind"), [("5", "greater_than_equal"), ("501", "less_than_equal"), ("x", "int_parsing")]
)
async def test_a_page_size_out_of_bounds_is_unprocessable(client: NoetlClient, size: str, kind: str) -> None:
    execution = await client.run("demo/quick")
    reply = await client.http.get(f"/api/executions/{execution.execution_id}?page_size={size}")
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["type"] == kind


@pytest.mark.parametrize("path", ["", "/events"])
@pytest.mark.parametrize("execution_id", ["7", "abc", "-1"])
async def test_an_unknown_execution_is_not_found(client: NoetlClient, execution_id: str, path: str) -> None:
    reply = await client.http.get(f"/api/executions/{execution_id}{path}")
    assert (reply.status_code, reply.json()) == (404, {"detail": f"Execution {execution_id} not found"})


async def test_the_status_of_an_unknown_execution_is_not_found(client: NoetlClient) -> None:
    reply = await client.http.get("/api/executions/7/status")
    assert (reply.status_code, reply.json()) == (404, {"detail": "Execution not found"})


async def test_executions_are_listed_the_newest_first(client: NoetlClient) -> None:
    started = [await client.run("demo/quick") for _ in range(3)]
    first = (await client.http.get("/api/executions?page_size=2")).json()
    rest = (await client.http.get("/api/executions?page_size=2&page=2")).json()
    listed = [int(entry["execution_id"]) for entry in first + rest]
    assert listed == [execution.execution_id for execution in reversed(started)]


async def test_a_cancel_takes_the_descendants_along(client: NoetlClient) -> None:
    parent = await client.execute("demo/slow")
    child = await client.execute("demo/slow", parent_execution_id=parent.execution_id)
    grandchild = await client.execute("demo/slow", parent_execution_id=str(child.execution_id))
    body = (await client.http.post(f"/api/executions/{parent.execution_id}/cancel")).json()
    family = [parent, child, grandchild]
    assert body["cancelled_executions"] == [str(member.execution_id) for member in family]
    assert body["message"] == "Cancelled 3 execution(s)"
    assert {member.state for member in family} == {ExecutionState.CANCELLED}
    meta = grandchild.events[-1]["meta"]
    assert isinstance(meta, dict)
    assert meta["parent_cancel_id"] == str(parent.execution_id)
    assert meta["reason"] == "User requested cancellation"


async def test_a_cancel_without_cascade_leaves_the_descendants_running(client: NoetlClient) -> None:
    parent = await client.execute("demo/slow")
    child = await client.execute("demo/slow", parent_execution_id=parent.execution_id)
    await client.http.post(f"/api/executions/{parent.execution_id}/cancel", json={"cascade": False})
    assert not parent.is_running
    assert child.is_running


async def test_nothing_is_published_after_a_cancel(client: NoetlClient) -> None:
    execution = await client.execute("demo/slow", {"seconds": 0.01})
    await client.http.post(f"/api/executions/{execution.execution_id}/cancel")
    count = len(execution.events)
    assert execution.task is not None
    assert execution.task.done()
    assert len(execution.events) == count


async def test_cleanup_cancels_what_runs_for_too_long(client: NoetlClient) -> None:
    stuck, fresh = await client.execute("demo/slow"), await client.execute("demo/slow")
    stuck.started_at = now() - timedelta(minutes=10)
    dry = await client.http.post("/api/executions/cleanup", json={"dry_run": True, "older_than_minutes": 5})
    assert dry.json()["execution_ids"] == [str(stuck.execution_id)]
    assert stuck.is_running
    done = await client.http.post("/api/executions/cleanup", json={"older_than_minutes": 5})
    assert done.json()["cancelled_count"] == 1
    assert [execution.is_running for execution in (stuck, fresh)] == [False, True]


async def test_a_forgotten_server_leaves_no_task_behind(client: NoetlClient) -> None:
    execution = await client.execute("demo/slow")
    await client.server.__aexit__(None, None, None)
    assert execution.task is not None
    assert execution.task.cancelled()

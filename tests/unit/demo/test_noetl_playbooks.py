"""The sample playbooks, and what they post to the gateway."""

from typing import Any

import pytest
from tests.unit.demo.gateway_double import GatewayDouble
from tests.unit.demo.noetl_client import GATEWAY_URL, NoetlClient

WAITING: dict[str, Any] = {"request_id": "11111111-2222-4333-8444-555555555555", "gateway_url": GATEWAY_URL}


async def test_quick_posts_progress_and_then_its_result(client: NoetlClient, gateway: GatewayDouble) -> None:
    execution = await client.run("demo/quick", {**WAITING, "name": "Ada"})
    assert [request.path for request in gateway.requests] == [
        "/api/internal/progress",
        "/api/internal/callback/async",
    ]
    assert gateway.bodies("callback/async") == [
        {
            "request_id": WAITING["request_id"],
            "execution_id": str(execution.execution_id),
            "status": "COMPLETED",
            "data": {"status": "ok", "textOutput": "Hello, Ada!"},
        }
    ]


async def test_steps_reports_each_of_its_five_steps(client: NoetlClient, gateway: GatewayDouble) -> None:
    execution = await client.run("demo/steps", {**WAITING, "seconds": 0.05})
    progress = gateway.bodies("progress")
    assert [report["progress"] for report in progress] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert progress[0] == {
        "request_id": WAITING["request_id"],
        "execution_id": str(execution.execution_id),
        "step": "fetch",
        "message": "Step 1 of 5 done",
        "progress": 0.2,
    }
    assert execution.completed_steps == ["end", "store", "score", "enrich", "check", "fetch"]


async def test_fails_posts_why(client: NoetlClient, gateway: GatewayDouble) -> None:
    await client.run("demo/fails", WAITING)
    (body,) = gateway.bodies("callback/async")
    assert body["status"] == "FAILED"
    assert body["error"] == {"code": -32000, "message": "this playbook always fails", "data": None}


async def test_large_posts_as_much_as_was_asked_for(client: NoetlClient, gateway: GatewayDouble) -> None:
    execution = await client.run("demo/large", {**WAITING, "bytes": 300_000})
    (body,) = gateway.bodies("callback/async")
    assert len(body["data"]["payload"]) == 300_000
    assert len(str(execution.events)) < 100_000


async def test_large_has_two_megabytes_by_default(client: NoetlClient) -> None:
    entry = client.server.catalog.find("demo/large")
    assert entry is not None
    assert entry.playbook.workload["bytes"] == 2_000_000


@pytest.mark.parametrize("kind", ["agent", "agents", "playbook"])
async def test_the_agent_answers_a_question(client: NoetlClient, gateway: GatewayDouble, kind: str) -> None:
    workload = {**WAITING, "question": "Why?"}
    await client.run("demo/agents/assistant", workload, resource_kind=kind)
    (body,) = gateway.bodies("callback/async")
    assert body["data"]["textOutput"] == "You asked: Why? The answer is 42."


@pytest.mark.parametrize("missing", ["request_id", "gateway_url"])
async def test_nothing_is_posted_when_nobody_waits(client: NoetlClient, gateway: GatewayDouble, missing: str) -> None:
    execution = await client.run("demo/quick", {k: v for k, v in WAITING.items() if k != missing})
    assert gateway.requests == []
    assert execution.answered.is_set()


async def test_a_cancelled_execution_posts_no_result(client: NoetlClient, gateway: GatewayDouble) -> None:
    execution = await client.execute("demo/slow", {**WAITING, "seconds": 60})
    await client.http.post(f"/api/executions/{execution.execution_id}/cancel")
    assert gateway.bodies("callback/async") == []


@pytest.mark.parametrize("seconds", ["soon", -1, 99999, [1]])
async def test_a_senseless_workload_fails_the_playbook(client: NoetlClient, seconds: Any) -> None:
    execution = await client.run("demo/slow", {"seconds": seconds})
    assert execution.state == "FAILED"
    assert execution.error is not None
    assert "seconds" in execution.error


async def test_provisioning_the_auth_schema_completes(client: NoetlClient) -> None:
    execution = await client.run("api_integration/auth0/provision_auth_schema")
    assert execution.state == "COMPLETED"

"""The simulated server answers as the recorded one did."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from tests.unit.demo.captures import capture, captured_playbook_source
from tests.unit.demo.noetl_client import NoetlClient
from tests.unit.demo.shapes import shape

from entrypoints.demo.noetl.server import SimulatedNoetl
from entrypoints.demo.noetl.tokens import TokenClaims

ERRORS = (
    "cancel_404",
    "detail_404",
    "execute_404",
    "execute_422_badjson",
    "execute_422_empty",
    "execute_bad_kind",
    "execution_rerun_python",
    "method_not_allowed",
    "sync_check_access_python",
    "sync_login_python",
    "sync_validate_bad_credential_python",
    "sync_validate_python",
    "sync_validate_unknown_python",
)


@pytest.fixture
async def noetl() -> AsyncIterator[SimulatedNoetl]:
    async with SimulatedNoetl(rust_auth_routes=False) as server:
        server.catalog.register(captured_playbook_source())
        yield server


async def replay(client: NoetlClient, recorded: Any, *, path: str | None = None, body: Any = None) -> httpx.Response:
    """Sends the recorded request, with another path or body where ids make that necessary."""
    request = recorded["request"]
    content = request["body"] if body is None else body
    encoded = content if isinstance(content, str) else msgspec.json.encode(content).decode()
    return await client.http.request(
        request["method"],
        path or request["path"],
        headers=request["headers"],
        content=None if content is None else encoded,
    )


def assert_same_status_and_headers(reply: httpx.Response, recorded: Any) -> None:
    assert reply.status_code == recorded["response"]["status"]
    for name in ("content-type", "vary", "allow"):
        assert reply.headers.get(name) == recorded["response"]["headers"].get(name)


@pytest.mark.parametrize("name", ERRORS)
async def test_an_error_is_answered_word_for_word(client: NoetlClient, name: str) -> None:
    recorded = capture(name)
    reply = await replay(client, recorded)
    assert_same_status_and_headers(reply, recorded)
    assert reply.json() == recorded["response"]["body"]


async def test_execute_answers_as_recorded(client: NoetlClient) -> None:
    recorded = capture("execute_ok")
    reply = await replay(client, recorded)
    assert_same_status_and_headers(reply, recorded)
    answered = recorded["response"]["body"]
    assert reply.json() == {**answered, "execution_id": reply.json()["execution_id"]}
    assert int(reply.json()["execution_id"]) > 2**53


async def test_execute_by_catalog_id_answers_as_recorded(client: NoetlClient) -> None:
    entry = client.server.catalog.find("fixtures/playbooks/hello_world")
    assert entry is not None
    recorded = capture("execute_by_catalog_id")
    body = {**recorded["request"]["body"], "catalog_id": str(entry.catalog_id)}
    reply = await replay(client, recorded, body=body)
    assert_same_status_and_headers(reply, recorded)
    assert shape(reply.json()) == shape(recorded["response"]["body"])


async def test_starting_the_login_playbook_answers_as_recorded(client: NoetlClient) -> None:
    recorded = capture("login_ok_execute")
    reply = await replay(client, recorded)
    assert_same_status_and_headers(reply, recorded)
    assert shape(reply.json()) == shape(recorded["response"]["body"])


async def test_the_status_of_a_completed_execution_is_as_recorded(client: NoetlClient) -> None:
    execution = await client.run("fixtures/playbooks/hello_world", {"message": "hi from capture"})
    recorded = capture("execution_status_completed")
    reply = await replay(client, recorded, path=f"/api/executions/{execution.execution_id}/status")
    assert_same_status_and_headers(reply, recorded)
    assert shape(reply.json()) == shape(recorded["response"]["body"])
    for name in ("current_step", "completed_steps", "failed", "completed", "completion_inferred", "variables"):
        assert reply.json()[name] == recorded["response"]["body"][name]


async def test_the_status_of_a_failed_execution_is_as_recorded(client: NoetlClient) -> None:
    execution = await client.run("demo/fails")
    recorded = capture("execution_status_failed")
    reply = await replay(client, recorded, path=f"/api/executions/{execution.execution_id}/status")
    assert_same_status_and_headers(reply, recorded)
    assert shape(reply.json()) == shape(recorded["response"]["body"])
    for name in ("current_step", "completed_steps", "failed", "completed", "completion_inferred"):
        assert reply.json()[name] == recorded["response"]["body"][name]


async def test_cancelling_a_running_execution_goes_as_recorded(client: NoetlClient) -> None:
    execution = await client.execute("demo/slow", {"seconds": 15})
    path = f"/api/executions/{execution.execution_id}"
    steps = (
        ("execution_status_running", f"{path}/status"),
        ("cancel_ok", f"{path}/cancel"),
        ("cancel_twice", f"{path}/cancel"),
        ("execution_status_cancelled", f"{path}/status"),
    )
    for name, path in steps:
        recorded = capture(name)
        reply = await replay(client, recorded, path=path)
        answered = _with_id(recorded["response"]["body"], str(execution.execution_id))
        assert_same_status_and_headers(reply, recorded)
        assert shape(reply.json()) == shape(answered), name
        if name.startswith("cancel"):
            assert reply.json() == answered
    assert execution.task is not None
    assert execution.task.cancelled()


async def test_a_run_that_has_just_finished_can_be_cancelled_as_recorded(client: NoetlClient) -> None:
    execution = await client.run("fixtures/playbooks/hello_world")
    recorded = capture("cancel_completed")
    reply = await replay(client, recorded, path=f"/api/executions/{execution.execution_id}/cancel")
    assert reply.json() == _with_id(recorded["response"]["body"], str(execution.execution_id))


async def test_the_catalog_lists_a_playbook_as_recorded(client: NoetlClient) -> None:
    recorded = capture("catalog_list_playbook")
    reply = await replay(client, recorded)
    assert_same_status_and_headers(reply, recorded)
    original = recorded["response"]["body"]["entries"][0]
    registered = reply.json()["entries"][0]
    assert shape(registered) == shape(original)
    changing = {"catalog_id": "", "created_at": "", "meta": {}}
    assert {**registered, **changing} == {**original, **changing}


async def test_a_running_execution_can_look_completed_as_recorded(client: NoetlClient) -> None:
    recorded = capture("status_premature_completed")[0]["status_body"]
    client.server.faults.premature_completion = True
    execution = await client.execute("demo/slow", {"seconds": 15, "auth0_token": "x.y.z"})
    body = (await client.http.get(f"/api/executions/{execution.execution_id}/status")).json()
    assert set(body) == set(recorded)
    for name in ("completed", "failed", "completion_inferred"):
        assert body[name] == recorded[name]
    assert body["end_time"] is not None
    assert body["variables"]["auth0_token"] == recorded["variables"]["auth0_token"] == "[REDACTED]"
    assert execution.is_running


async def test_a_valid_session_is_validated_as_recorded(client: NoetlClient) -> None:
    claims = TokenClaims(subject="auth0|1", email="alice@example.com", name="Alice Example")
    session = client.server.accounts.log_in(claims)
    recorded = capture("sync_validate_ok_python")
    body = {**recorded["request"]["body"], "session_token": session.token}
    reply = await replay(client, recorded, body=body)
    assert_same_status_and_headers(reply, recorded)
    assert shape(reply.json()) == shape(recorded["response"]["body"])
    assert reply.json()["user"] == recorded["response"]["body"]["user"]


def _with_id(body: Any, execution_id: str) -> Any:
    """The recorded body, with the id of our own execution in the place of the recorded one."""
    text = msgspec.json.encode(body).decode()
    return msgspec.json.decode(text.replace(body["execution_id"], execution_id))

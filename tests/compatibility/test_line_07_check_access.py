"""Line 7: check-access allowed, denied (`user:null`), string user id, `edit` (wire 3.4, 3.5)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.compatibility.conftest import client_of
from tests.compatibility.drives import call_back, session_of, started
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.noetl.server import SimulatedNoetl

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", params=["drive", "sync"])
async def access_gateway(deployment: Deployment, request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    async with deployment.gateway(NOETL_AUTHZ_SYNC=str(request.param == "sync").lower()) as client:
        yield client


async def _check(client: httpx.AsyncClient, token: str, path: str = "demo/steps", wish: str = "execute") -> Any:
    question = {"session_token": token, "playbook_path": path, "permission_type": wish}
    reply = await client.post("/api/auth/check-access", json=question)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_line_07_access_is_granted_to_somebody(
    access_gateway: httpx.AsyncClient, noetl: SimulatedNoetl
) -> None:
    session = session_of(noetl)
    assert await _check(access_gateway, session.token) == {
        "allowed": True,
        "user": {
            "user_id": session.account.user_id,
            "email": "alice@example.com",
            "display_name": "alice",
            "roles": [],
        },
        "playbook_path": "demo/steps",
        "permission_type": "execute",
        "message": "Access granted to execute playbook",
    }


async def test_line_07_denied_access_has_no_user(access_gateway: httpx.AsyncClient, noetl: SimulatedNoetl) -> None:
    """D52: the original made one up."""
    assert await _check(access_gateway, session_of(noetl, "viewer@example.com").token) == {
        "allowed": False,
        "user": None,
        "playbook_path": "demo/steps",
        "permission_type": "execute",
        "message": "Access denied",
    }


async def test_line_07_an_unknown_session_is_denied_and_no_error(access_gateway: httpx.AsyncClient) -> None:
    assert (await _check(access_gateway, "0123456789abcdef"))["allowed"] is False


async def test_line_07_edit_is_asked_as_modify_and_echoed_as_edit(
    access_gateway: httpx.AsyncClient, noetl: SimulatedNoetl
) -> None:
    """D52: the playbook and its SQL know no `edit`, so the original always denied it."""
    body = await _check(access_gateway, session_of(noetl).token, wish="edit")
    assert (body["allowed"], body["permission_type"]) == (True, "edit")
    bodies: list[Any] = [
        *noetl.requests.bodies("/api/execute"),
        *noetl.requests.bodies("/api/auth/check-playbook-access"),
    ]
    assert [body.get("workload", body)["action"] for body in bodies] == ["modify"]


@pytest.mark.parametrize("wish", ["view", "modify", "execute"])
async def test_line_07_the_words_of_noetl_are_passed_on(
    access_gateway: httpx.AsyncClient, noetl: SimulatedNoetl, wish: str
) -> None:
    body = await _check(access_gateway, session_of(noetl).token, wish=wish)
    assert body["message"] == f"Access granted to {wish} playbook"


async def test_line_07_trouble_is_503_and_no_decision(
    access_gateway: httpx.AsyncClient, noetl: SimulatedNoetl
) -> None:
    token = session_of(noetl).token
    noetl.faults.database_down = True
    question = {"session_token": token, "playbook_path": "demo/steps", "permission_type": "execute"}
    reply = await access_gateway.post("/api/auth/check-access", json=question)
    assert (reply.status_code, reply.json()) == (503, {"error": "Access check backend unavailable"})


@pytest.mark.parametrize(
    ("data", "allowed", "user"),
    [
        (
            {
                "allowed": True,
                "user": {"user_id": "41", "email": "a@example.com", "display_name": "A", "roles": ["x"]},
            },
            True,
            {"user_id": 41, "email": "a@example.com", "display_name": "A", "roles": ["x"]},
        ),
        ({"allowed": "True", "user": "{'user_id': 41, 'email': 'a@example.com'}"}, True, 41),
        ({"allowed": "true", "user": None}, True, None),
        ({"allowed": 1}, True, None),
        (
            {"allowed": True, "user": {}},
            True,
            {"user_id": 0, "email": "unknown", "display_name": "Unknown User", "roles": []},
        ),
        ({"allowed": "yes"}, False, None),
        ({"allowed": None}, False, None),
        ({"allowed": False, "message": ""}, False, None),
    ],
    ids=str,
)
async def test_line_07_the_answer_is_read_leniently_and_fails_closed(
    origin: str, noetl: SimulatedNoetl, data: object, allowed: bool, user: Any
) -> None:
    noetl.faults.callback_suppressed = True
    async with client_of(origin) as client:
        asking = asyncio.create_task(_check(client, session_of(noetl).token))
        await call_back(client, await started(noetl, "check_playbook_access"), data)
        body = await asking
    assert body["allowed"] is allowed
    assert (body["user"]["user_id"] if isinstance(user, int) else body["user"]) == user
    assert body["message"] == "Access check completed"


async def test_line_07_a_callback_that_failed_is_no_decision_whatever_it_says(
    origin: str, noetl: SimulatedNoetl
) -> None:
    """D52: the drive ignored the callback's status."""
    noetl.faults.callback_suppressed = True
    question = {"session_token": session_of(noetl).token, "playbook_path": "p", "permission_type": "execute"}
    async with client_of(origin) as client:
        asking = asyncio.create_task(client.post("/api/auth/check-access", json=question))
        order = await started(noetl, "check_playbook_access")
        await call_back(client, order, {"allowed": True}, "error")
        assert (await asking).status_code == 503


async def test_line_07_the_drives_variables_are_those_that_the_playbook_knows(
    gateway: httpx.AsyncClient, noetl: SimulatedNoetl
) -> None:
    token = session_of(noetl).token
    await _check(gateway, token)
    (body,) = noetl.requests.bodies("/api/execute")
    assert isinstance(body, dict)
    assert body["path"] == "api_integration/auth0/check_playbook_access"
    workload: Any = body["workload"]
    assert set(workload) == {
        "session_token",
        "playbook_path",
        "action",
        "callback_subject",
        "request_id",
        "gateway_url",
    }


@pytest.mark.parametrize("missing", ["session_token", "playbook_path", "permission_type"])
async def test_line_07_every_member_is_needed(gateway: httpx.AsyncClient, missing: str) -> None:
    question = {"session_token": "t", "playbook_path": "p", "permission_type": "execute", "playbook_name": "p"}
    question.pop(missing)
    reply = await gateway.post("/api/auth/check-access", json=question)
    assert reply.status_code == 422
    assert reply.text == (f"Failed to deserialize the JSON body into the target type: missing field `{missing}`")

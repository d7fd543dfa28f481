"""Line 6, the drive: timeout 503 text plus a cancel call with `cascade:true`; callback by HTTP, by NATS, on another
replica, twice, late (wire 3.1, 4.1, 4.2).
"""

import asyncio
import json
import logging

import httpx
import nats
import pytest
from tests.compatibility.drives import call_back, cancelled, login_answer, session_of, started, unanswered
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.noetl.server import SimulatedNoetl

pytestmark = pytest.mark.integration

DELIVERED = {"delivered": True, "message": "Callback delivered successfully"}
NOBODY = {"delivered": False, "message": "No pending request found for this request_id"}


def _log_in(client: httpx.AsyncClient, deployment: Deployment) -> "asyncio.Task[httpx.Response]":
    token = deployment.behind.issuer.issue("alice@example.com")
    return asyncio.create_task(client.post("/api/auth/login", json={"auth0_token": token}))


async def test_line_06_a_callback_that_never_comes_is_503_and_its_run_is_cancelled(
    deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    noetl.faults.callback_suppressed = True
    async with deployment.gateway(AUTH_PLAYBOOK_TIMEOUT_SECS="1") as client:
        reply = await _log_in(client, deployment)
        execution_id, body = await cancelled(noetl)
    assert (reply.status_code, reply.json()) == (
        503,
        {"error": "Login auth playbook did not complete within 1s; auth backend is busy. Please retry."},
    )
    assert body == {"reason": "Gateway login timed out after 1s", "cascade": True}
    assert noetl.engine.find(execution_id) is not None


async def test_line_06_one_deadline_holds_for_both_halves_and_a_late_id_is_cancelled(
    deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    """D16: the original waited twice as long, and left a run that was answered late to itself."""
    noetl.faults.execute_delay = 1.4
    noetl.faults.callback_suppressed = True
    before = len(noetl.engine.executions())
    async with deployment.gateway(AUTH_PLAYBOOK_TIMEOUT_SECS="0.7") as client:
        reply = await _log_in(client, deployment)
        assert reply.status_code == 503
        assert "did not complete within 0.7s" in reply.json()["error"]
        assert len(noetl.engine.executions()) == before, "the run had begun in time"
        execution_id, body = await cancelled(noetl)
    assert body["cascade"] is True
    assert noetl.engine.find(execution_id) is noetl.engine.executions()[0]


@pytest.mark.parametrize(
    ("path", "body", "title", "name"),
    [
        ("/api/auth/validate", {"session_token": "unknown-1"}, "Validate session", "validate_session"),
        (
            "/api/auth/check-access",
            {"session_token": "unknown-2", "playbook_path": "p", "permission_type": "execute"},
            "Check access",
            "check_access",
        ),
    ],
)
async def test_line_06_the_other_drives_have_the_same_deadline(
    deployment: Deployment, noetl: SimulatedNoetl, path: str, body: dict[str, str], title: str, name: str
) -> None:
    noetl.faults.callback_suppressed = True
    async with deployment.gateway(AUTH_PLAYBOOK_TIMEOUT_SECS="0.5") as client:
        reply = await client.post(path, json=body)
        _, cancel = await cancelled(noetl)
    assert reply.status_code == 503
    assert reply.json()["error"].startswith(f"{title} auth playbook did not complete within 0.5s")
    assert cancel["reason"] == f"Gateway {name} timed out after 0.5s"


async def test_line_06_an_integer_execution_id_is_understood(
    gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    """D60."""
    noetl.faults.integer_execution_id = True
    assert (await _log_in(gateway, deployment)).status_code == 200


async def test_line_06_of_two_callbacks_the_first_counts(
    gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    noetl.faults.callback_suppressed = True
    logging_in = _log_in(gateway, deployment)
    order = await unanswered(noetl, "auth0_login")
    session = session_of(noetl)
    assert await call_back(gateway, order, login_answer(session)) == DELIVERED
    assert await call_back(gateway, order, {"status": "denied"}) == NOBODY
    assert (await logging_in).json()["session_token"] == session.token


async def test_line_06_a_callback_that_comes_late_or_for_nobody_is_not_delivered(
    deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    noetl.faults.callback_suppressed = True
    async with deployment.gateway(AUTH_PLAYBOOK_TIMEOUT_SECS="0.5") as client:
        logging_in = _log_in(client, deployment)
        order = await started(noetl, "auth0_login")
        assert (await logging_in).status_code == 503
        assert await call_back(client, order, login_answer(session_of(noetl))) == NOBODY
        for unknown in ("5a3c1a52-8ad1-4d8e-9d7e-3a4f6b1c2d3e", "no-uuid", ">", ""):
            reply = await client.post("/api/internal/callback", json={"request_id": unknown})
            assert (reply.status_code, reply.json()) == (200, NOBODY)


async def test_line_06_the_callback_may_arrive_at_another_replica(
    gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    """D22."""
    noetl.faults.callback_suppressed = True
    async with deployment.gateway() as other:
        logging_in = _log_in(gateway, deployment)
        order = await unanswered(noetl, "auth0_login")
        session = session_of(noetl)
        assert await call_back(other, order, login_answer(session)) == DELIVERED
        assert await call_back(other, order, {"status": "denied"}) == NOBODY
        assert (await logging_in).json()["session_token"] == session.token


async def test_line_06_the_callback_may_come_by_nats(
    gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl, caplog: pytest.LogCaptureFixture
) -> None:
    """The body's request id counts, not the subject's; what is no callback is passed over (wire 4.2)."""
    noetl.faults.callback_suppressed = True
    logging_in = _log_in(gateway, deployment)
    order = await unanswered(noetl, "auth0_login")
    session = session_of(noetl)
    body = {"request_id": order["workload"]["request_id"], "status": "success", "data": login_answer(session)}
    connection = await nats.connect(deployment.behind.nats_url)
    with caplog.at_level(logging.WARNING):
        await connection.publish("noetl.callbacks.rubbish", b"not json")
        await connection.publish("noetl.callbacks.another.subject", json.dumps(body).encode())
        await connection.flush()
        assert (await logging_in).json()["session_token"] == session.token
    await connection.close()
    assert "malformed auth callback" in caplog.text


async def test_line_06_a_callback_may_be_faster_than_the_execute_call(
    gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    noetl.faults.callback_before_reply = True
    assert (await _log_in(gateway, deployment)).status_code == 200


async def test_line_06_every_callback_is_sent_twice_and_nobody_minds(
    gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    noetl.faults.callback_copies = 2
    assert (await _log_in(gateway, deployment)).status_code == 200

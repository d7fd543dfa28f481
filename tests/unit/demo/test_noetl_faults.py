import asyncio
import logging
import time

import httpx
import pytest
from tests.unit.demo.gateway_double import GatewayDouble
from tests.unit.demo.noetl_client import AUTH, AUTH0_DOMAIN, GATEWAY_URL, NoetlClient, unsigned_token

from entrypoints.demo.noetl.callback_client import CallbackClient

WAITING = {"request_id": "r-1", "gateway_url": GATEWAY_URL}
VALIDATE = f"{AUTH}/auth0_validate_session"


async def test_a_callback_can_be_suppressed(client: NoetlClient, gateway: GatewayDouble) -> None:
    client.server.faults.callback_suppressed = True
    await client.run(VALIDATE, WAITING)
    assert gateway.requests == []


async def test_a_callback_can_be_sent_twice(client: NoetlClient, gateway: GatewayDouble) -> None:
    client.server.faults.callback_copies = 2
    await client.run(VALIDATE, WAITING)
    first, second = gateway.bodies("callback")
    assert first == second


async def test_a_callback_can_be_delayed(client: NoetlClient, gateway: GatewayDouble) -> None:
    client.server.faults.callback_delay = 0.1
    started = time.monotonic()
    await client.run(VALIDATE, WAITING)
    assert len(gateway.requests) == 1
    assert time.monotonic() - started >= 0.1


async def test_a_callback_can_come_before_the_reply(client: NoetlClient, gateway: GatewayDouble) -> None:
    client.server.faults.callback_before_reply = True
    await client.execute("demo/quick", WAITING)
    assert len(gateway.bodies("callback/async")) == 1


async def test_without_fault_the_reply_comes_first(client: NoetlClient, gateway: GatewayDouble) -> None:
    await client.execute("demo/quick", WAITING)
    assert gateway.bodies("callback/async") == []


async def test_execute_can_be_slow(client: NoetlClient) -> None:
    client.server.faults.execute_delay = 0.1
    started = time.monotonic()
    await client.execute("demo/quick")
    assert time.monotonic() - started >= 0.1


async def test_execute_can_answer_a_number(client: NoetlClient) -> None:
    client.server.faults.integer_execution_id = True
    reply = await client.http.post("/api/execute", json={"path": "demo/quick"})
    assert isinstance(reply.json()["execution_id"], int)


@pytest.mark.parametrize(("status", "phrase"), [(500, "Internal Server Error"), (503, "Service Unavailable")])
async def test_the_whole_server_can_fail(client: NoetlClient, status: int, phrase: str) -> None:
    client.server.faults.reply_status = status
    reply = await client.http.get("/api/health")
    assert (reply.status_code, reply.json()) == (status, {"detail": phrase})


async def test_the_whole_server_can_be_slow(client: NoetlClient) -> None:
    client.server.faults.reply_delay = 5
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.http.get("/api/health"), 0.05)


@pytest.mark.parametrize(
    ("playbook", "message"),
    [
        ("auth0_login", "Failed to create session"),
        ("auth0_validate_session", "Session validation failed"),
        ("check_playbook_access", "Access check failed"),
    ],
)
async def test_a_database_failure_is_told_in_the_callback(
    client: NoetlClient, gateway: GatewayDouble, playbook: str, message: str
) -> None:
    client.server.faults.database_down = True
    token = {"auth0_token": unsigned_token(), "auth0_domain": AUTH0_DOMAIN}
    await client.run(f"{AUTH}/{playbook}", {**WAITING, **token})
    assert gateway.bodies("callback") == [
        {"data": {"error": "Database error", "message": message}, "status": "error", "request_id": "r-1"}
    ]


async def test_a_callback_is_tried_again_while_the_gateway_fails(client: NoetlClient, gateway: GatewayDouble) -> None:
    gateway.statuses = [500, 503]
    await client.run(VALIDATE, WAITING)
    assert len(gateway.requests) == 3


async def test_a_callback_that_is_refused_is_not_tried_again(client: NoetlClient, gateway: GatewayDouble) -> None:
    gateway.statuses = [404]
    await client.run(VALIDATE, WAITING)
    assert len(gateway.requests) == 1


async def test_a_callback_to_nobody_is_given_up_at_its_deadline(caplog: pytest.LogCaptureFixture) -> None:
    refusing = httpx.MockTransport(_refuse)
    client = CallbackClient(token="internal-secret", deadline=0.2, transport=refusing)
    with caplog.at_level(logging.WARNING):
        assert not await client.post("http://nobody/api/internal/callback", {"data": "private"})
    await client.close()
    assert "gave up after 0.2 s" in caplog.text
    assert "internal-secret" not in caplog.text
    assert "private" not in caplog.text


def _refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)

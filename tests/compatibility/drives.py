"""The auth playbooks' side of a drive, by hand: what the gateway has started, and what it is answered."""

import asyncio
from typing import Any

import httpx
import msgspec

from entrypoints.demo.noetl.accounts import LoginSession
from entrypoints.demo.noetl.execution import Execution
from entrypoints.demo.noetl.server import SimulatedNoetl
from entrypoints.demo.noetl.timestamps import iso_text
from entrypoints.demo.noetl.tokens import TokenClaims

FOLDER = "api_integration/auth0"


async def started(noetl: SimulatedNoetl, playbook: str) -> Any:
    """The execute call for a playbook of `FOLDER`, once it has come."""
    async with asyncio.timeout(10):
        while True:
            for body in noetl.requests.bodies("/api/execute"):
                if isinstance(body, dict) and body.get("path") == f"{FOLDER}/{playbook}":
                    return body
            await asyncio.sleep(0.005)


async def unanswered(noetl: SimulatedNoetl, playbook: str) -> Any:
    """Like `started`, once the run is through without having answered: `faults.callback_suppressed` is set, and is
    taken back, for the runs that follow are to be answered again.
    """
    order = await started(noetl, playbook)
    async with asyncio.timeout(10):
        while not any(_is(execution, order) and not execution.is_running for execution in noetl.engine.executions()):
            await asyncio.sleep(0.005)
    noetl.faults.callback_suppressed = False
    return order


def _is(execution: Execution, order: Any) -> bool:
    return bool(execution.workload.get("request_id") == order["workload"]["request_id"])


async def call_back(gateway: httpx.AsyncClient, order: Any, data: object, status: str = "success") -> Any:
    """As a worker answers the run of `order`; the gateway's reply."""
    body = {"request_id": order["workload"]["request_id"], "status": status, "data": data}
    reply = await gateway.post("/api/internal/callback", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def session_of(noetl: SimulatedNoetl, email: str = "alice@example.com") -> LoginSession:
    """A session that NoETL knows and no gateway has seen."""
    name = email.partition("@")[0]
    return noetl.accounts.log_in(TokenClaims(subject=f"auth0|demo-{name}", email=email, name=name))


def login_answer(session: LoginSession, **other: object) -> dict[str, object]:
    """What the login playbook says about `session`, with some members in another form."""
    return {
        "status": "authenticated",
        "session_token": session.token,
        "user": session.account.profile_with_roles(),
        "expires_at": iso_text(session.expires_at),
        **other,
    }


async def cancelled(noetl: SimulatedNoetl) -> tuple[str, Any]:
    """The execution that was cancelled and the body that said so, once it has been."""
    async with asyncio.timeout(10):
        while True:
            for request in noetl.requests:
                if request.path.endswith("/cancel"):
                    return request.path.split("/")[3], msgspec.json.decode(request.body)
            await asyncio.sleep(0.005)

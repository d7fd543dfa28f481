"""Line 4: entries of the bucket decode to a live session; expired or inactive ones do not (wire 2.4)."""

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.compatibility.stored import forget, store, stored_session
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.noetl.server import SimulatedNoetl

pytestmark = pytest.mark.integration

IN_AN_HOUR = datetime.now(UTC) + timedelta(hours=1)
AN_HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)
POSTGRES = IN_AN_HOUR.strftime("%Y-%m-%d %H:%M:%S.%f+00")
PLAIN = {
    "user_id": 7,
    "email": "ann@example.com",
    "display_name": "Ann",
    "expires_at": POSTGRES,
    "is_active": True,
    "roles": ["admin"],
}
ANN = {"user_id": 7, "email": "ann@example.com", "display_name": "Ann", "roles": ["admin"]}


async def _validated(deployment: Deployment, gateway: httpx.AsyncClient, entry: object, token: str = "") -> Any:
    token = token or secrets.token_hex(16)
    value = {"session_token": token, **entry} if isinstance(entry, dict) else entry
    await store(deployment, token, value)
    reply = await gateway.post("/api/auth/validate", json={"session_token": token})
    assert reply.status_code == 200
    return reply.json()


@pytest.mark.parametrize(
    ("entry", "user"),
    [
        ({}, {}),
        ({"user_id": "7"}, {}),
        ({"user_id": 7.0}, {}),
        ({"user_id": 9007199254740993}, {"user_id": 9007199254740993}),
        ({"is_active": "True"}, {}),
        ({"is_active": "true"}, {}),
        ({"is_active": "1"}, {}),
        ({"is_active": 1}, {}),
        ({"roles": "['admin']"}, {}),
        ({"roles": "{admin,user}"}, {"roles": ["admin", "user"]}),
        ({"roles": '["admin"]'}, {}),
        ({"roles": "admin"}, {}),
        ({"roles": ""}, {"roles": []}),
        ({"roles": None}, {"roles": []}),
        ({"roles": "none"}, {"roles": []}),
        ({"roles": ["admin", 5, None]}, {}),
        ({"display_name": "none"}, {"display_name": "ann@example.com"}),
        ({"display_name": None}, {"display_name": "ann@example.com"}),
        ({"expires_at": IN_AN_HOUR.isoformat()}, {}),
        ({"expires_at": IN_AN_HOUR.strftime("%Y-%m-%dT%H:%M:%SZ")}, {}),
        ({"expires_at": IN_AN_HOUR.timestamp()}, {}),
        ({"expires_at": ""}, {}),
        ({"expires_at": None}, {}),
    ],
    ids=str,
)
async def test_line_04_a_lenient_entry_is_a_live_session_without_asking_noetl(
    deployment: Deployment,
    gateway: httpx.AsyncClient,
    noetl: SimulatedNoetl,
    entry: dict[str, object],
    user: dict[str, object],
) -> None:
    body = await _validated(deployment, gateway, {**PLAIN, **entry})
    assert body["valid"] is True
    assert body["user"] == {**ANN, **user}
    assert len(noetl.requests) == 0


async def test_line_04_the_optimised_login_playbook_omits_roles(
    deployment: Deployment, gateway: httpx.AsyncClient
) -> None:
    entry = {key: value for key, value in PLAIN.items() if key != "roles"}
    assert (await _validated(deployment, gateway, entry))["user"]["roles"] == []


async def test_line_04_an_all_digit_token_becomes_a_number_in_templates(
    deployment: Deployment, gateway: httpx.AsyncClient
) -> None:
    """D55."""
    token = "12345678901234567890123456789012"
    assert (await _validated(deployment, gateway, {**PLAIN, "session_token": int(token)}, token))["valid"] is True


@pytest.mark.parametrize("text", [POSTGRES, IN_AN_HOUR.isoformat()])
async def test_line_04_expires_at_is_shown_as_it_was_stored(
    deployment: Deployment, gateway: httpx.AsyncClient, text: str
) -> None:
    assert (await _validated(deployment, gateway, {**PLAIN, "expires_at": text}))["expires_at"] == text


@pytest.mark.parametrize(
    "entry",
    [
        {"expires_at": AN_HOUR_AGO.strftime("%Y-%m-%d %H:%M:%S.%f+00")},
        {"expires_at": "2026-01-28 22:11:41.335589+00"},
        {"expires_at": AN_HOUR_AGO.isoformat()},
        {"expires_at": time.time() - 3600},
        {"expires_at": "some day"},
        {"is_active": False},
        {"is_active": "False"},
        {"is_active": "0"},
        {"is_active": None},
        {"is_active": "maybe"},
        {"session_token": "somebody-elses"},
        {"email": "none"},
    ],
    ids=str,
)
async def test_line_04_what_is_not_live_is_left_to_noetl_which_knows_it_not(
    deployment: Deployment, gateway: httpx.AsyncClient, noetl: SimulatedNoetl, entry: dict[str, object]
) -> None:
    """D9: `expires_at` is looked at on each hit."""
    body = await _validated(deployment, gateway, {**PLAIN, **entry})
    assert body == {"valid": False, "user": None, "expires_at": None, "message": "Session is invalid or expired"}
    assert len(noetl.requests.to("/api/execute")) == 1


@pytest.mark.parametrize("entry", [b"", b"not json", b"[]", b"null", b"\xff\xfe"])
async def test_line_04_an_unreadable_entry_counts_as_absent(
    deployment: Deployment, gateway: httpx.AsyncClient, entry: bytes
) -> None:
    assert (await _validated(deployment, gateway, entry))["valid"] is False


async def test_line_04_an_entry_without_is_active_is_a_miss(
    deployment: Deployment, gateway: httpx.AsyncClient
) -> None:
    entry = {key: value for key, value in PLAIN.items() if key != "is_active"}
    assert (await _validated(deployment, gateway, entry))["valid"] is False


async def test_line_04_a_deleted_key_ends_the_session(deployment: Deployment, gateway: httpx.AsyncClient) -> None:
    token = secrets.token_hex(16)
    assert (await _validated(deployment, gateway, PLAIN, token))["valid"] is True
    await forget(deployment, token)
    for _ in range(100):
        reply = await gateway.post("/api/auth/validate", json={"session_token": token})
        if not reply.json()["valid"]:
            return
    raise AssertionError("a hundred requests later the session still lives")


async def test_line_04_the_gateway_itself_stores_the_typed_form(
    deployment: Deployment, gateway: httpx.AsyncClient, alice: str
) -> None:
    """Wire 2.3: whoever reads the bucket finds what the original wrote."""
    stored = await stored_session(deployment, alice)
    assert stored["session_token"] == alice
    assert {key: type(value) for key, value in stored.items()} == {
        "session_token": str,
        "user_id": int,
        "email": str,
        "display_name": str,
        "expires_at": str,
        "is_active": bool,
        "roles": list,
    }

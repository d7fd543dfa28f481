"""What tools are told about this gateway (wire 8)."""

from typing import Any

import pytest
from tests.unit.http.asking import ask, served

from domain.version import __version__
from entrypoints.http.routes.contract import contract_routes

SECURITY = {"auth_bypass": False}


async def contract(auth0: dict[str, str | None] | None = None) -> Any:
    answer = await ask(served(*contract_routes(auth0 or {}, SECURITY)), "GET", "/api/runtime/contract")
    assert (answer.status, answer.header(b"content-type")) == (200, b"application/json")
    return answer.json


async def test_the_contract_says_which_it_is() -> None:
    told = await contract()
    assert told["gateway_version"] == __version__
    assert told["contract_version"] == "2026-04-26"
    assert told["summary"]


async def test_every_route_of_the_original_is_listed() -> None:
    told = await contract()
    assert set(told["routes"]["public"]) >= {
        "GET /health",
        "GET /api/runtime/contract",
        "POST /api/auth/login",
        "POST /api/auth/validate",
        "POST /api/auth/check-access",
        "POST /api/internal/callback",
        "POST /api/internal/callback/async",
        "POST /api/internal/progress",
        "GET /events?session_token=...",
    }
    assert set(told["routes"]["protected"]) >= {"ANY /noetl/{*path}", "POST /graphql", "GET /graphql"}


async def test_the_proxy_is_described() -> None:
    assert (await contract())["proxy_contract"] == {
        "incoming_prefix": "/noetl/",
        "upstream_prefix": "/api/",
        "supported_methods": ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"],
        "authentication": {
            "required": True,
            "accepted_headers": ["Authorization: Bearer <session_token>", "x-session-token: <session_token>"],
            "middleware": "auth_middleware",
        },
        "forwarded_request_headers": ["Content-Type", "Accept", "x-* custom headers"],
        "forwarded_response_headers": ["Content-Type", "Content-Length", "x-* custom headers"],
    }


async def test_operations_have_their_paths() -> None:
    told = await contract()
    assert told["cli_operation_mapping"] == {
        "exec": "/noetl/execute",
        "status": "/noetl/executions/{id}/status",
        "detail": "/noetl/executions/{id}",
        "events": "/noetl/executions/{id}/events",
        "cancel": "/noetl/executions/{id}/cancel",
        "catalog_list": "/noetl/catalog/list",
        "agent_catalog_list": "/noetl/catalog/agents/list",
        "catalog_register": "/noetl/catalog/register",
        "query": "/noetl/postgres/execute",
    }
    assert told["execution_contract"] == {
        "start": {
            "method": "POST",
            "path": "/noetl/execute",
            "body": '{ path|catalog_id, workload, resource_kind: "playbook"|"agent" }',
        },
        "status": {"method": "GET", "path": "/noetl/executions/{id}/status"},
        "detail": {"method": "GET", "path": "/noetl/executions/{id}"},
        "events": {"method": "GET", "path": "/noetl/executions/{id}/events"},
        "cancel": {"method": "POST", "path": "/noetl/executions/{id}/cancel"},
    }


async def test_agents_are_run_as_playbooks() -> None:
    agents = (await contract())["agent_contract"]
    assert agents.pop("mcp")
    assert agents == {
        "model": "agent-as-playbook",
        "discovery": "/noetl/catalog/agents/list",
        "invocation": "/noetl/execute",
        "state": "/noetl/executions/{id}",
    }


@pytest.mark.parametrize(
    ("auth0", "told"),
    [
        ({}, None),
        ({"domain": None, "client_id": "abc"}, None),
        ({"domain": "  ", "client_id": "abc"}, None),
        ({"domain": " acme.us.auth0.com "}, {"domain": "acme.us.auth0.com"}),
        (
            {"domain": "d", "client_id": " abc ", "redirect_uri": "", "audience": None},
            {"domain": "d", "client_id": "abc"},
        ),
        (
            {"domain": "d", "client_id": "c", "redirect_uri": "r", "audience": "a"},
            {"domain": "d", "client_id": "c", "redirect_uri": "r", "audience": "a"},
        ),
    ],
)
async def test_the_identity_provider_is_told_if_there_is_one(
    auth0: dict[str, str | None], told: dict[str, str] | None
) -> None:
    """The command line client reads only this block [C]."""
    assert (await contract(auth0)).get("auth0") == told


async def test_what_is_switched_off_is_no_secret() -> None:
    assert (await contract())["security"] == SECURITY

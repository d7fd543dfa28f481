"""Line 14: the contract's structure; auth0 block present and absent; the real CLI bootstraps, logs in, lists, runs,
cancels; exit code 77 on 401 (wire 8, 13).
"""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.gateway.conftest import Deployment
from tests.noetl_cli import noetl as cli

from domain.version import __version__
from entrypoints.demo.noetl.server import SimulatedNoetl

pytestmark = pytest.mark.integration

PUBLIC = {
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
OPERATIONS = {
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


async def _contract(client: httpx.AsyncClient) -> Any:
    reply = await client.get("/api/runtime/contract")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    return reply.json()


async def test_line_14_versions_and_routes(gateway: httpx.AsyncClient) -> None:
    contract = await _contract(gateway)
    assert contract["gateway_version"] == __version__
    assert contract["contract_version"] == "2026-04-26"
    assert isinstance(contract["summary"], str)
    assert set(contract["routes"]["public"]) >= PUBLIC
    assert contract["routes"]["protected"] == ["ANY /noetl/{*path}", "POST /graphql", "GET /graphql"]


async def test_line_14_how_the_proxy_is_to_be_used(gateway: httpx.AsyncClient) -> None:
    proxy = (await _contract(gateway))["proxy_contract"]
    assert (proxy["incoming_prefix"], proxy["upstream_prefix"]) == ("/noetl/", "/api/")
    assert proxy["supported_methods"] == ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
    assert proxy["authentication"] == {
        "required": True,
        "accepted_headers": ["Authorization: Bearer <session_token>", "x-session-token: <session_token>"],
        "middleware": "auth_middleware",
    }
    assert {"Content-Type", "Accept", "x-* custom headers"} <= set(proxy["forwarded_request_headers"])
    assert {"Content-Type", "Content-Length", "x-* custom headers"} <= set(proxy["forwarded_response_headers"])


async def test_line_14_where_the_cli_finds_what(gateway: httpx.AsyncClient) -> None:
    contract = await _contract(gateway)
    assert contract["cli_operation_mapping"] == OPERATIONS
    execution = contract["execution_contract"]
    assert execution["start"] == {
        "method": "POST",
        "path": "/noetl/execute",
        "body": '{ path|catalog_id, workload, resource_kind: "playbook"|"agent" }',
    }
    for name in ("status", "detail", "events"):
        assert execution[name] == {"method": "GET", "path": OPERATIONS[name]}
    assert execution["cancel"] == {"method": "POST", "path": OPERATIONS["cancel"]}
    agents = contract["agent_contract"]
    assert isinstance(agents.pop("mcp"), str)
    assert agents == {
        "model": "agent-as-playbook",
        "discovery": "/noetl/catalog/agents/list",
        "invocation": "/noetl/execute",
        "state": "/noetl/executions/{id}",
    }


async def test_line_14_the_auth0_block_is_there_with_a_domain(deployment: Deployment) -> None:
    """[C]: the only block that the CLI reads. All values trimmed, blank ones left out."""
    more = {
        "GATEWAY_AUTH0_DOMAIN": "  tenant.eu.auth0.com ",
        "GATEWAY_AUTH0_CLIENT_ID": " client ",
        "GATEWAY_AUTH0_REDIRECT_URI": "https://gw.example/login",
        "GATEWAY_AUTH0_AUDIENCE": "  ",
    }
    async with deployment.gateway(**more) as client:
        assert (await _contract(client))["auth0"] == {
            "domain": "tenant.eu.auth0.com",
            "client_id": "client",
            "redirect_uri": "https://gw.example/login",
        }


async def test_line_14_the_auth0_block_may_come_from_the_file(deployment: Deployment, tmp_path: Path) -> None:
    """D50: the original took it from the environment only."""
    config = tmp_path / "gateway.toml"
    config.write_text('[auth0]\ndomain = "filed.auth0.com"\n')
    async with deployment.gateway(
        GATEWAY_CONFIG=str(config), GATEWAY_AUTH0_DOMAIN="", GATEWAY_AUTH0_CLIENT_ID=""
    ) as client:
        assert (await _contract(client))["auth0"] == {"domain": "filed.auth0.com"}


async def test_line_14_without_a_domain_there_is_no_auth0_block(deployment: Deployment) -> None:
    async with deployment.gateway(GATEWAY_AUTH0_DOMAIN=" ") as client:
        assert "auth0" not in await _contract(client)


async def test_line_14_the_cli_bootstraps_logs_in_lists_runs_and_cancels(
    deployment: Deployment, origin: str, noetl: SimulatedNoetl, tmp_path: Path
) -> None:
    outputs = [
        await _held(tmp_path, "context", "init", "t", "--from-gateway", f"{origin}/", "--yes", "--set-current"),
        await _held(tmp_path, "auth", "login", "--auth0-token", deployment.behind.issuer.issue("alice@example.com")),
        await _held(tmp_path, "--gateway", "catalog", "list", "Playbook"),
        await _held(tmp_path, "--gateway", "run", "demo/slow", "-r", "distributed"),
    ]
    assert "alice@example.com" in outputs[1]
    assert "demo/quick" in outputs[2]
    found = re.search(r'"execution_id": "(\d+)"', outputs[3])
    assert found is not None, outputs[3]
    assert "Cancelled 1 execution" in await _held(tmp_path, "--gateway", "cancel", found[1])
    assert {"x-session-token", "authorization"} & {name.decode() for name, _ in noetl.requests.last.headers} == {
        "x-session-token"
    }


async def _held(home: Path, *arguments: str) -> str:
    outcome = await cli(home, *arguments)
    assert outcome.status == 0, outcome.output
    return outcome.output


async def test_line_14_the_cli_exits_with_77_on_401(origin: str, tmp_path: Path) -> None:
    await _held(tmp_path, "context", "init", "t", "--from-gateway", origin, "--yes", "--set-current")
    outcome = await cli(tmp_path, "--gateway", "--session-token", "0123456789abcdef", "catalog", "list", "Playbook")
    assert outcome.status == 77, outcome.output

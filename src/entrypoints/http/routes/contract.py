"""`GET /api/runtime/contract`: what tools need to know to use this gateway (wire 8)."""

from collections.abc import Mapping

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from domain.version import __version__
from entrypoints.http.routes.replies import json_reply

_PUBLIC = (
    "GET /health",
    "GET /api/runtime/contract",
    "POST /api/auth/login",
    "POST /api/auth/validate",
    "POST /api/auth/check-access",
    "POST /api/internal/callback",
    "POST /api/internal/callback/async",
    "POST /api/internal/progress",
    "GET /events?session_token=...",
)
# Under a key of their own: tools that know the lists of old find them as they were.
_ADDED = (
    "GET /ready",
    "GET /api/schema",
    "POST /api/auth/logout",
    "POST /api/events/ticket",
    "GET /api/events/poll",
    "GET /ws",
    "POST /ingress/{listener}",
    "GET /client/noetl-gateway-client.js",
)
_CLI = {
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


def contract_routes(auth0: Mapping[str, str | None], security: Mapping[str, object]) -> list[HTTPRouteHandler]:
    """`auth0`: domain, client_id, redirect_uri, audience; the CLI reads only this block [C], and it is there only
    with a domain. `security`: what is switched on here, for operators and tools.
    """
    contract = _contract(security)
    shown = {name: value.strip() for name, value in auth0.items() if value and value.strip()}
    if "domain" in shown:
        contract["auth0"] = shown

    @get("/api/runtime/contract", sync_to_thread=False)
    def runtime_contract() -> Response[bytes]:
        return json_reply(contract)

    return [runtime_contract]


def _contract(security: Mapping[str, object]) -> dict[str, object]:
    return {
        "gateway_version": __version__,
        "contract_version": "2026-04-26",
        "summary": "Authenticated front door of NoETL: sessions, playbooks, agents, the NoETL API, live results.",
        "routes": {
            "public": list(_PUBLIC),
            "protected": ["ANY /noetl/{*path}", "POST /graphql", "GET /graphql"],
            "added": list(_ADDED),
        },
        "proxy_contract": _proxy_contract(),
        "cli_operation_mapping": dict(_CLI),
        "execution_contract": {
            "start": {
                "method": "POST",
                "path": "/noetl/execute",
                "body": '{ path|catalog_id, workload, resource_kind: "playbook"|"agent" }',
            },
            "status": {"method": "GET", "path": _CLI["status"]},
            "detail": {"method": "GET", "path": _CLI["detail"]},
            "events": {"method": "GET", "path": _CLI["events"]},
            "cancel": {"method": "POST", "path": _CLI["cancel"]},
        },
        "agent_contract": {
            "model": "agent-as-playbook",
            "discovery": _CLI["agent_catalog_list"],
            "invocation": _CLI["exec"],
            "state": _CLI["detail"],
            "mcp": "MCP work is done by NoETL agents, never by the gateway.",
        },
        "streams": {
            "sse": "/events",
            "resume": "Last-Event-ID header, or last_event_id or client_id in the query",
            "reset": "a `reset` event says that history is missing: ask how your runs stand",
        },
        "security": dict(security),
    }


def _proxy_contract() -> dict[str, object]:
    return {
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

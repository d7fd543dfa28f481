"""Section 11: the names of both generations, present before anything has happened."""

import httpx
import pytest
from tests.integration.gateway.conftest import Deployment

from domain.version import __version__
from entrypoints.demo.noetl.server import SimulatedNoetl

pytestmark = pytest.mark.integration

SERIES = [
    f'noetl_gateway_build_info{{version="{__version__}"}} 1.0',
    'noetl_gateway_auth_bypass_enabled{mode="enforced"} 0.0',
    'noetl_gateway_login_total{outcome="succeeded"} 0.0',
    'noetl_gateway_login_total{outcome="callback_failed"} 0.0',
    'noetl_gateway_login_total{outcome="not_authenticated"} 0.0',
    'noetl_gateway_session_check_total{outcome="ok"} 0.0',
    'noetl_gateway_session_check_total{outcome="missing_token"} 0.0',
    'noetl_gateway_session_check_total{outcome="invalid_or_expired"} 0.0',
    'noetl_gateway_session_check_total{outcome="validation_error"} 0.0',
    'noetl_gateway_session_check_total{outcome="bypass"} 0.0',
    'noetl_gateway_authz_total{outcome="allowed"} 0.0',
    'noetl_gateway_authz_total{outcome="denied"} 0.0',
    'noetl_gateway_authz_total{outcome="backend_error"} 0.0',
    "noetl_gateway_auth_cancel_failed_total 0.0",
    'noetl_gateway_session_cache_failed_total{stage="after_login"} 0.0',
    'noetl_gateway_session_cache_failed_total{stage="after_api_validate"} 0.0',
    'noetl_gateway_event_feed_reconnect_total{reason="ended"} 0.0',
    'noetl_gateway_event_feed_reconnect_total{reason="error"} 0.0',
]
FAMILIES = [
    "noetl_ingress_received",
    "noetl_ingress_rejected",
    "noetl_ingress_dispatched",
    "noetl_gateway_callback_undelivered",
    "noetl_gateway_sse_connections",
    "noetl_gateway_stream_closed",
    "noetl_gateway_proxy_seconds",
    "noetl_gateway_proxy_requests",
    "noetl_gateway_session_lookup",
    "noetl_gateway_dependency_up",
    "noetl_gateway_cors_rejected",
]


async def _metrics(client: httpx.AsyncClient) -> list[str]:
    reply = await client.get("/metrics")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return reply.text.splitlines()


async def test_section_11_every_series_exists_from_the_start(gateway: httpx.AsyncClient) -> None:
    lines = await _metrics(gateway)
    assert [series for series in SERIES if series not in lines] == []
    described = {line.split()[2].removesuffix("_total") for line in lines if line.startswith("# TYPE")}
    assert [family for family in FAMILIES if family not in described] == []


async def test_section_11_what_happens_is_counted(
    deployment: Deployment, gateway: httpx.AsyncClient, noetl: SimulatedNoetl
) -> None:
    await deployment.log_in(gateway)
    await gateway.get("/noetl/health")
    await gateway.get("/noetl/health", headers={"authorization": "Bearer unknown"})
    await gateway.get("/noetl/health", headers={"authorization": ""})
    await gateway.post("/api/auth/login", json={"auth0_token": "x"})
    lines = await _metrics(gateway)
    for series in (
        'noetl_gateway_login_total{outcome="succeeded"} 1.0',
        'noetl_gateway_login_total{outcome="not_authenticated"} 1.0',
        'noetl_gateway_session_check_total{outcome="ok"} 1.0',
        'noetl_gateway_session_check_total{outcome="missing_token"} 1.0',
        'noetl_gateway_session_check_total{outcome="invalid_or_expired"} 1.0',
        'noetl_gateway_proxy_requests_total{status="2xx"} 1.0',
        'noetl_gateway_dependency_up{dependency="nats"} 1.0',
    ):
        assert series in lines, series


async def test_section_11_a_bypass_is_seen(deployment: Deployment) -> None:
    async with deployment.gateway(GATEWAY_AUTH_BYPASS="true") as open_to_all:
        assert 'noetl_gateway_auth_bypass_enabled{mode="bypass"} 1.0' in await _metrics(open_to_all)
        reply = await open_to_all.get("/noetl/demo/echo", headers={"x-session-token": "anything"})
        assert reply.status_code == 200
        assert (await open_to_all.get("/noetl/demo/echo")).status_code == 401, "a token is still required"

"""Line 2: 401 texts exactly; 401 only for "no valid session"; back-end trouble is 502 or 503 with JSON `error`.

Clients drop their login on 401 and on nothing else (wire 1.1).
"""

import httpx
import pytest
from tests.compatibility.raw_http import ask
from tests.compatibility.stored import stored_session
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.noetl.server import SimulatedNoetl
from entrypoints.demo.ports import free_socket, origin_of

pytestmark = pytest.mark.integration

PROTECTED = [("GET", "/noetl/health"), ("POST", "/noetl/execute"), ("POST", "/graphql"), ("GET", "/graphql?query=x")]
UNKNOWN = ("X-Session-Token", "0123456789abcdef0123456789abcdef")


@pytest.mark.parametrize(("method", "path"), PROTECTED)
async def test_line_02_without_a_token(origin: str, method: str, path: str) -> None:
    answer = await ask(origin, path, method=method)
    assert (answer.status, answer.text) == (401, "Missing authentication token")
    assert answer.header("content-type") == "text/plain; charset=utf-8"


@pytest.mark.parametrize(("method", "path"), PROTECTED)
async def test_line_02_with_a_token_that_is_no_session(origin: str, method: str, path: str) -> None:
    answer = await ask(origin, path, [UNKNOWN], method=method)
    assert (answer.status, answer.text) == (401, "Invalid or expired session")
    assert answer.header("content-type") == "text/plain; charset=utf-8"


@pytest.mark.parametrize(("method", "path"), PROTECTED)
@pytest.mark.parametrize("fault", ["reply_status", "database_down"])
async def test_line_02_trouble_behind_the_gateway_is_never_401(
    origin: str, noetl: SimulatedNoetl, method: str, path: str, fault: str
) -> None:
    """D13: a validation that fails is no verdict on the session."""
    setattr(noetl.faults, fault, 500 if fault == "reply_status" else True)
    answer = await ask(origin, path, [("X-Session-Token", f"in-trouble-{fault}")], method=method)
    assert answer.status in (502, 503)
    assert answer.header("content-type") == "application/json"
    assert list(answer.json) == ["error"]


@pytest.mark.parametrize("synchronous", ["false", "true"])
async def test_line_02_noetl_out_of_reach_is_never_401(deployment: Deployment, synchronous: str) -> None:
    with free_socket() as nobody:
        nowhere = origin_of(nobody)
    async with deployment.gateway(NOETL_BASE_URL=nowhere, NOETL_AUTH_SYNC=synchronous) as cut_off:
        answer = await ask(str(cut_off.base_url), "/noetl/health", [UNKNOWN])
        stream = await cut_off.get("/events", params={"session_token": UNKNOWN[1]})
        valid = await cut_off.post("/api/auth/validate", json={"session_token": UNKNOWN[1]})
    for status, body in ((answer.status, answer.json), (valid.status_code, valid.json())):
        assert status in (502, 503)
        assert list(body) == ["error"]
    assert stream.status_code in (502, 503), "not the error event that says -32002"


async def test_line_02_a_cached_session_outlives_trouble_of_noetl(
    deployment: Deployment, gateway: httpx.AsyncClient, alice: str, noetl: SimulatedNoetl
) -> None:
    """D13: the cache entry stays, and is served while the session has not ended."""
    noetl.faults.database_down = True
    assert (await gateway.get("/noetl/health")).status_code == 200
    assert await stored_session(deployment, alice) is not None

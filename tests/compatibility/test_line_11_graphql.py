"""Line 11: SDL of section 6 by introspection; `$vars: JSON!`; null clientId; array workload; batch; errors with HTTP
200 (wire 6).
"""

from typing import Any

import httpx
import pytest
from graphql import build_client_schema, build_schema, get_introspection_query, print_type
from tests.compatibility.event_stream import opened
from tests.compatibility.runs import EXECUTE, execute, graphql
from tests.integration.gateway.conftest import Deployment

from domain.version import __version__
from entrypoints.demo.noetl.server import SimulatedNoetl
from entrypoints.demo.ports import free_socket, origin_of

pytestmark = pytest.mark.integration

SDL = """
schema { query: QueryRoot mutation: MutationRoot }
type QueryRoot { health: String! version: String! }
type MutationRoot {
  executePlaybook(
    name: String!, variables: JSON, resourceKind: ExecutableResourceKind, clientId: String
  ): ExecuteResult!
  rerunExecution(executionId: String!, variables: JSON, clientId: String): ExecuteResult!
  proxyRequest(input: ProxyRequestInput!): ProxyResponse!
}
type ExecuteResult {
  id: String! executionId: String! requestId: String name: String status: String textOutput: String
}
type ProxyResponse { success: Boolean! data: JSON error: String }
input ProxyRequestInput { method: String! endpoint: String! body: JSON }
enum ExecutableResourceKind { playbook agent }
scalar JSON
"""


async def test_line_11_the_schema_of_the_wire_is_found_by_introspection(
    gateway: httpx.AsyncClient, alice: str
) -> None:
    found = build_client_schema((await graphql(gateway, get_introspection_query(descriptions=False)))["data"])
    for name, kind in build_schema(SDL).type_map.items():
        if not name.startswith("__"):
            missing = set(print_type(kind).splitlines()) - set(print_type(found.type_map[name]).splitlines())
            assert not missing, f"{name} lacks {missing}"


async def test_line_11_health_and_version_are_told(gateway: httpx.AsyncClient, alice: str) -> None:
    assert await graphql(gateway, "{ health version }") == {"data": {"health": "ok", "version": __version__}}


@pytest.mark.parametrize("kind", ["JSON", "JSON!"])
@pytest.mark.parametrize("client", ["String", "String!"])
async def test_line_11_variables_may_be_declared_as_clients_do(
    gateway: httpx.AsyncClient, alice: str, noetl: SimulatedNoetl, kind: str, client: str
) -> None:
    query = (
        f"mutation($name: String!, $variables: {kind}, $clientId: {client})"
        "{ executePlaybook(name: $name, variables: $variables, clientId: $clientId) { requestId executionId } }"
    )
    async with opened(gateway, alice) as (_, init):
        client_id = init["clientId"]
        body = await graphql(gateway, query, name="demo/quick", variables={"name": "x"}, clientId=client_id)
    assert body["data"]["executePlaybook"]["requestId"]


async def test_line_11_a_run_for_a_client_tells_the_worker_where_to_answer(
    gateway: httpx.AsyncClient, alice: str, noetl: SimulatedNoetl
) -> None:
    async with opened(gateway, alice) as (_, init):
        mine = {"name": "x", "request_id": "mine", "gateway_url": "mine"}
        result = await execute(gateway, "demo/quick", init["clientId"], **mine)
    body: Any = noetl.requests.bodies("/api/execute")[-1]
    assert body == {
        "path": "demo/quick",
        "workload": {
            "name": "x",
            "request_id": result["requestId"],
            "gateway_url": str(gateway.base_url).rstrip("/"),
        },
        "resource_kind": "playbook",
    }
    assert result == {
        "id": result["executionId"],
        "executionId": result["executionId"],
        "requestId": result["requestId"],
        "name": "demo/quick",
        "status": "started",
        "textOutput": None,
    }
    assert result["executionId"].isdecimal()


async def test_line_11_a_null_client_id_is_fire_and_forget(
    gateway: httpx.AsyncClient, alice: str, noetl: SimulatedNoetl
) -> None:
    result = await execute(gateway, "demo/quick", None, name="x")
    assert result["requestId"] is None
    body: Any = noetl.requests.bodies("/api/execute")[-1]
    assert body["workload"] == {"name": "x"}


@pytest.mark.parametrize(
    ("call", "workload"),
    [
        ('executePlaybook(name: "demo/quick")', {}),
        ('executePlaybook(name: "demo/quick", variables: null)', {}),
        ('executePlaybook(name: "demo/quick", variables: {})', {}),
        ('executePlaybook(name: "demo/quick", variables: {query: "x", deep: {a: [1, 2.5, true, null, E]}})', None),
    ],
)
async def test_line_11_json_may_stand_inline(
    gateway: httpx.AsyncClient, alice: str, noetl: SimulatedNoetl, call: str, workload: Any
) -> None:
    body = await graphql(gateway, f"mutation {{ {call} {{ id }} }}")
    assert "errors" not in body
    sent: Any = noetl.requests.bodies("/api/execute")[-1]
    expected = {"query": "x", "deep": {"a": [1, 2.5, True, None, "E"]}} if workload is None else workload
    assert sent["workload"] == expected


async def test_line_11_an_agent_is_run_as_one(gateway: httpx.AsyncClient, alice: str, noetl: SimulatedNoetl) -> None:
    query = 'mutation { executePlaybook(name: "demo/agents/assistant", resourceKind: agent) { id } }'
    assert "errors" not in await graphql(gateway, query)
    body: Any = noetl.requests.bodies("/api/execute")[-1]
    assert body["resource_kind"] == "agent"


async def test_line_11_an_array_is_passed_on_and_refused_by_noetl(
    gateway: httpx.AsyncClient, alice: str, noetl: SimulatedNoetl
) -> None:
    body = await graphql(gateway, EXECUTE, name="demo/quick", vars=[1, 2], clientId=None)
    sent: Any = noetl.requests.bodies("/api/execute")[-1]
    assert sent["workload"] == [1, 2]
    (error,) = body["errors"]
    assert error["message"].startswith("Execute catalog entry failed (resource_kind=playbook): 422")
    assert body["data"] is None


async def test_line_11_an_array_for_a_client_starts_nothing(
    gateway: httpx.AsyncClient, alice: str, noetl: SimulatedNoetl
) -> None:
    """D38: the original handed out a request id that no worker would ever answer."""
    async with opened(gateway, alice) as (_, init):
        body = await graphql(gateway, EXECUTE, name="demo/slow", vars=[1], clientId=init["clientId"])
        async with opened(gateway, alice, client_id=init["clientId"]) as (_, again):
            assert "pendingRequests" not in again
    assert body["data"] is None
    assert body["errors"][0]["message"] == "variables must be an object when a clientId is given."
    assert all(order.get("path") != "demo/slow" for order in _orders(noetl))


def _orders(noetl: SimulatedNoetl) -> list[Any]:
    return list(noetl.requests.bodies("/api/execute"))


@pytest.mark.parametrize("client_id", ["", "unknown", "abcd1234-ABCDEFGHIJKLMNOPQRST"])
async def test_line_11_a_client_id_that_is_not_ones_own_is_an_error(
    gateway: httpx.AsyncClient, alice: str, client_id: str
) -> None:
    """D4: the original took any text."""
    body = await graphql(gateway, EXECUTE, name="demo/quick", vars={}, clientId=client_id)
    assert body["errors"][0]["extensions"]["code"] == "client_not_owned"


async def test_line_11_a_batch_is_answered_by_an_array(gateway: httpx.AsyncClient, alice: str) -> None:
    reply = await gateway.post("/graphql", json=[{"query": "{ health }"}, {"query": "{ nope }"}])
    assert reply.status_code == 200
    first, second = reply.json()
    assert first == {"data": {"health": "ok"}}
    assert second["errors"]


@pytest.mark.parametrize("query", ["{", "{ nope }", "{ health(x: 1) }", "mutation { executePlaybook { id } }"])
async def test_line_11_errors_of_a_document_come_with_http_200(
    gateway: httpx.AsyncClient, alice: str, query: str
) -> None:
    """Clients show `errors[0].message`."""
    body = await graphql(gateway, query)
    assert body.get("data") is None
    (error, *_) = body["errors"]
    assert error["message"]
    assert {"line", "column"} == set(error["locations"][0])


async def test_line_11_an_error_of_a_field_names_its_path(gateway: httpx.AsyncClient, alice: str) -> None:
    body = await graphql(gateway, EXECUTE, name="no/such/playbook", vars={}, clientId=None)
    assert body["data"] is None
    (error,) = body["errors"]
    assert error["path"] == ["executePlaybook"]
    assert error["message"].startswith("Execute catalog entry failed (resource_kind=playbook): 404 Not Found - ")


async def test_line_11_noetl_out_of_reach_is_told_in_the_known_words(deployment: Deployment) -> None:
    with free_socket() as nobody:
        nowhere = origin_of(nobody)
    async with deployment.gateway() as well:
        token = await deployment.log_in(well)
    async with deployment.gateway(NOETL_BASE_URL=nowhere, GATEWAY_AUTHZ_MODE="client") as cut_off:
        cut_off.headers["x-session-token"] = token
        body = await graphql(cut_off, EXECUTE, name="demo/quick", vars={}, clientId=None)
    assert body["errors"][0]["message"] == "execute_catalog_entry: send"


async def test_line_11_a_rerun_is_refused_as_no_server_offers_it(
    gateway: httpx.AsyncClient, alice: str, noetl: SimulatedNoetl
) -> None:
    run = await execute(gateway, "demo/quick", None)
    query = "mutation($id: String!) { rerunExecution(executionId: $id, variables: {a: 1}) { id } }"
    body = await graphql(gateway, query, id=run["executionId"])
    assert body["errors"][0]["message"].startswith("Rerun execution failed: 404 Not Found")
    assert noetl.requests.bodies(f"/api/executions/{run['executionId']}/rerun") == [
        {"workload": {"a": 1}, "resource_kind": "playbook"}
    ]
    for hostile in ("1/../../x", "", "abc", "1?x"):
        refused = await graphql(gateway, query, id=hostile)
        assert refused["errors"][0]["extensions"]["code"] == "request_malformed"


async def test_line_11_a_viewer_may_not_run_what_noetl_denies(deployment: Deployment, origin: str) -> None:
    """D10: only the clients asked."""
    async with httpx.AsyncClient(base_url=origin) as client:
        await deployment.log_in(client, "viewer@example.com")
        denied = await graphql(client, EXECUTE, name="demo/steps", vars={}, clientId=None)
        allowed = await graphql(client, EXECUTE, name="demo/quick", vars={}, clientId=None)
    assert denied["errors"][0]["extensions"]["code"] == "playbook_denied"
    assert "errors" not in allowed

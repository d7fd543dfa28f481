"""A viewer tries everything that only others may do."""

import json

import pytest
from tests.attacks.conftest import Target

pytestmark = pytest.mark.integration

_MUTATION = "mutation($n: String!) { executePlaybook(name: $n) { executionId } }"
_PROXY = "mutation($i: ProxyRequestInput!) { proxyRequest(input: $i) { success data error } }"


async def _graphql(target: Target, query: str, **variables: object) -> dict[str, object]:
    reply = await target.client.post(
        "/graphql", json={"query": query, "variables": variables}, headers={"x-session-token": target.viewer}
    )
    answer: dict[str, object] = reply.json()
    return answer


def _started(target: Target) -> list[object]:
    bodies = target.deployment.behind.noetl.requests.bodies("/api/execute")
    return [
        body for body in bodies if isinstance(body, dict) and not str(body.get("path")).startswith("api_integration/")
    ]


async def test_a_forbidden_playbook_cannot_be_started_by_graphql(target: Target) -> None:
    answer = await _graphql(target, _MUTATION, n="demo/steps")
    assert answer["errors"][0]["extensions"]["code"] == "playbook_denied"  # type: ignore[index]
    assert _started(target) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("execute", b'{"path": "demo/steps"}'),
        ("execute/", b'{"path": "demo/steps"}'),
        ("Execute", b'{"path": "demo/steps"}'),
        ("%65xecute", b'{"path": "demo/steps"}'),
        ("execute;x", b'{"path": "demo/steps"}'),
        ("execute", b'{"path": "demo/quick", "path": "demo/steps"}'),
        ("execute", b'{"path": "demo/quick", "catalog_id": "1"}'),
        ("execute", '{"path": "demo/steps"}'.encode("utf-16")),
        ("execute", b'\xef\xbb\xbf{"path": "demo/steps"}'),
        ("execute", b'[{"path": "demo/steps"}]'),
        ("execute", b'{"path": ["demo/steps"]}'),
        ("execute", b'{"path": "demo/quick/../steps"}'),
        ("execute", b"{}"),
        ("execute", b""),
    ],
)
async def test_a_forbidden_playbook_cannot_be_started_by_rest(target: Target, path: str, body: bytes) -> None:
    reply = await target.client.post(
        f"/noetl/{path}",
        content=body,
        headers={"x-session-token": target.viewer, "content-type": "application/json"},
    )
    assert reply.status_code in (400, 403), reply.text
    assert _started(target) == []


async def test_nor_by_catalog_id(target: Target) -> None:
    listed = await target.client.post(
        "/noetl/catalog/list", json={"resource_type": "Playbook"}, headers={"x-session-token": target.viewer}
    )
    ids = {entry["path"]: entry["catalog_id"] for entry in listed.json()["entries"]}
    denied = await target.client.post(
        "/noetl/execute", json={"catalog_id": ids["demo/steps"]}, headers={"x-session-token": target.viewer}
    )
    allowed = await target.client.post(
        "/noetl/execute", json={"catalog_id": ids["demo/quick"]}, headers={"x-session-token": target.viewer}
    )
    assert (denied.status_code, allowed.status_code) == (403, 200)


async def test_nor_by_proxy_request_or_rerun(target: Target) -> None:
    admin = await target.client.post(
        "/noetl/execute", json={"path": "demo/steps"}, headers={"x-session-token": target.admin}
    )
    execution = admin.json()["execution_id"]
    target.deployment.behind.noetl.requests.clear()
    body = {"path": "demo/steps"}
    by_proxy = await _graphql(target, _PROXY, i={"method": "POST", "endpoint": "/api/execute", "body": body})
    rerun = await _graphql(target, "mutation($e: String!) { rerunExecution(executionId: $e) { id } }", e=execution)
    by_path = await target.client.post(
        f"/noetl/executions/{execution}/rerun", json={}, headers={"x-session-token": target.viewer}
    )
    assert "playbook_denied" in json.dumps(by_proxy)
    assert "playbook_denied" in json.dumps(rerun)
    assert by_path.status_code == 403
    assert _started(target) == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "@evil.example/x",
        "//evil.example/api/x",
        "http://evil.example/api/x",
        "/api/../metrics",
        "/api/%2e%2e/metrics",
        "/metrics",
        "/api",
        "/api/internal/plugins",
        "/api/auth/login",
        "/api/postgres/execute",
        "/api/credentials/pg_auth?include_data=true",
        "/api/health\r\nX-User-Id: 1",
    ],
)
async def test_proxy_request_goes_where_the_proxy_goes_and_nowhere_else(target: Target, endpoint: str) -> None:
    answer = await _graphql(target, _PROXY, i={"method": "POST", "endpoint": endpoint, "body": {}})
    assert "errors" in answer, answer
    assert target.forwarded() == []


@pytest.mark.parametrize("execution_id", ["1/../../auth/login", "1%2f..", "abc", "1 2", "", "1\r\n", "9" * 40])
async def test_rerun_takes_ids_only(target: Target, execution_id: str) -> None:
    answer = await _graphql(
        target, "mutation($e: String!) { rerunExecution(executionId: $e) { id } }", e=execution_id
    )
    assert "errors" in answer
    assert target.forwarded() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "postgres/execute"),
        ("POST", "Postgres/Execute"),
        ("GET", "credentials"),
        ("GET", "credentials/pg_auth?include_data=true"),
        ("GET", "credentials%2fpg_auth?include_data=true"),
        ("POST", "catalog/register"),
        ("POST", "catalog//register"),
        ("POST", "executions/cleanup"),
        ("POST", "internal/plugins"),
        ("POST", "auth/login"),
        ("POST", "auth/session/validate"),
        ("POST", "AUTH/login"),
        ("POST", "%61uth/login"),
        ("POST", "%2561uth/login"),
        ("POST", "auth;x=1/login"),
        ("POST", "./auth/login"),
    ],
)
async def test_a_viewer_reaches_no_guarded_route_in_any_spelling(target: Target, method: str, path: str) -> None:
    answer = await target.get(b"/noetl/" + path.encode(), token=target.viewer, method=method.encode())
    assert answer.status in (400, 403)
    assert target.forwarded() == []


@pytest.mark.parametrize("path", ["internal/plugins", "auth/login"])
async def test_not_even_an_administrator_reaches_what_is_closed(target: Target, path: str) -> None:
    assert (await target.get(b"/noetl/" + path.encode(), method=b"POST")).status == 403


async def test_when_nobody_can_tell_the_answer_is_no(target: Target) -> None:
    target.deployment.behind.noetl.faults.database_down = True
    reply = await target.client.post(
        "/noetl/execute", json={"path": "demo/slow"}, headers={"x-session-token": target.viewer}
    )
    assert reply.status_code == 503
    assert _started(target) == []


async def test_a_foreign_client_id_is_an_error_in_graphql_and_a_new_one_on_the_stream(target: Target) -> None:
    async with target.client.stream("GET", f"/events?session_token={target.admin}") as stream:
        client_id = await _client_id(stream.aiter_lines())
        query = 'mutation($c: String) { executePlaybook(name: "demo/quick", clientId: $c) { requestId } }'
        answer = await _graphql(target, query, c=client_id)
        assert answer["errors"][0]["extensions"]["code"] == "client_not_owned"  # type: ignore[index]
        url = f"/events?session_token={target.viewer}&client_id={client_id}"
        async with target.client.stream("GET", url) as other:
            assert await _client_id(other.aiter_lines()) != client_id


async def _client_id(lines: object) -> str:
    async for line in lines:  # type: ignore[attr-defined]
        if line.startswith("data: "):
            found: str = json.loads(line[6:])["result"]["clientId"]
            return found
    raise AssertionError("no init frame")

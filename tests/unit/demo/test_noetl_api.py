"""What the recordings do not show: the Rust server's auth routes, catalog, credentials, SQL, ingress."""

import base64

import httpx
import pytest
from tests.unit.demo.captures import capture, captured_playbook_source
from tests.unit.demo.noetl_client import AUTH0_DOMAIN, NoetlClient, unsigned_token
from tests.unit.demo.shapes import shape
from tests.unit.demo.transports import asgi_transport

from entrypoints.demo.noetl.server import SimulatedNoetl


async def test_a_sync_login_answers_what_the_callback_carries(client: NoetlClient) -> None:
    body = {"auth0_token": unsigned_token(), "auth0_domain": AUTH0_DOMAIN, "credential": "pg_auth"}
    reply = (await client.http.post("/api/auth/login", json=body)).json()
    recorded = capture("login_ok_callback")["body"]
    assert reply["status"] == "success"
    assert shape(reply["data"]) == shape(recorded["data"])
    assert reply["data"]["user"]["roles"] == ["admin"]


async def test_a_bad_token_is_told_in_the_body(client: NoetlClient) -> None:
    body = {"auth0_token": "x", "auth0_domain": AUTH0_DOMAIN}
    reply = await client.http.post("/api/auth/login", json=body)
    data = {"error": "Invalid JWT format", "message": "Token validation failed"}
    assert (reply.status_code, reply.json()) == (200, {"status": "error", "data": data})


@pytest.mark.parametrize("domain", ["http://127.0.0.1:7000", "http://127.0.0.1:7000/"])
async def test_the_domain_may_be_the_address_of_a_local_issuer(client: NoetlClient, domain: str) -> None:
    token = unsigned_token(iss="http://127.0.0.1:7000/")
    reply = await client.http.post("/api/auth/login", json={"auth0_token": token, "auth0_domain": domain})
    assert reply.json()["status"] == "success"


async def test_an_empty_domain_switches_the_issuer_check_off(client: NoetlClient) -> None:
    body = {"auth0_token": unsigned_token(iss="anybody"), "auth0_domain": ""}
    assert (await client.http.post("/api/auth/login", json=body)).json()["status"] == "success"


@pytest.mark.parametrize(
    ("email", "path", "action", "allowed"),
    [
        ("alice@example.com", "anything/at/all", "modify", True),
        ("dev@example.com", "anything/at/all", "execute", True),
        ("dev@example.com", "anything/at/all", "modify", False),
        ("viewer@example.com", "demo/quick", "execute", True),
        ("viewer@example.com", "demo/steps", "execute", False),
        ("viewer@example.com", "demo/steps", "view", True),
        ("alice@example.com", "demo/quick", "edit", False),
    ],
)
async def test_roles_decide_who_may_do_what(
    client: NoetlClient, email: str, path: str, action: str, allowed: bool
) -> None:
    token = await client.log_in(email=email, sub=f"auth0|{email}")
    body = {"session_token": token, "playbook_path": path, "action": action}
    reply = (await client.http.post("/api/auth/check-playbook-access", json=body)).json()
    assert reply["status"] == "success"
    assert reply["data"]["allowed"] is allowed


@pytest.mark.parametrize("route", ["login", "session/validate", "check-playbook-access"])
async def test_a_database_failure_is_told_in_the_body(client: NoetlClient, route: str) -> None:
    client.server.faults.database_down = True
    body = {"auth0_token": unsigned_token(), "session_token": "x", "playbook_path": "p"}
    reply = await client.http.post(f"/api/auth/{route}", json=body)
    assert (reply.status_code, reply.json()["status"]) == (200, "error")
    assert "Database error" in reply.text


async def test_a_registered_playbook_gets_a_new_version_each_time(client: NoetlClient) -> None:
    encoded = base64.b64encode(captured_playbook_source().encode()).decode()
    for version, content in ((1, captured_playbook_source()), (2, encoded)):
        body = {"content": content, "resource_type": "Playbook"}
        reply = (await client.http.post("/api/catalog/register", json=body)).json()
        path = "fixtures/playbooks/hello_world"
        assert reply["message"] == f"Resource '{path}' version '{version}' registered."
        assert (reply["path"], reply["version"], reply["kind"]) == (path, version, "playbook")
    execution = await client.run("fixtures/playbooks/hello_world", version=1)
    assert execution.entry.version == 1


@pytest.mark.parametrize("content", ["a: [", "just text", "workflow: []", "kind: Playbook"])
async def test_what_is_no_playbook_is_not_registered(client: NoetlClient, content: str) -> None:
    reply = await client.http.post("/api/catalog/register", json={"content": content})
    assert reply.status_code == 500
    assert reply.json()["detail"].startswith("Error registering resource: ")


async def test_the_catalog_finds_a_resource_by_path_and_by_id(client: NoetlClient) -> None:
    by_path = (await client.http.post("/api/catalog/resource", json={"path": "demo/quick"})).json()
    assert by_path["path"] == "demo/quick"
    catalog_id = {"catalog_id": by_path["catalog_id"]}
    assert (await client.http.post("/api/catalog/resource", json=catalog_id)).json() == by_path
    reply = await client.http.post("/api/catalog/resource", json={"path": "no/such"})
    assert (reply.status_code, reply.json()) == (404, {"detail": "Catalog entry not found"})


async def test_agents_are_listed_apart(client: NoetlClient) -> None:
    agents = (await client.http.post("/api/catalog/agents/list")).json()["entries"]
    assert [entry["path"] for entry in agents] == ["demo/agents/assistant"]
    assert agents[0]["meta"]["agent"] is True
    playbooks = (await client.http.post("/api/catalog/list", json={"resource_type": "Playbook"})).json()
    assert "demo/agents/assistant" not in {entry["path"] for entry in playbooks["entries"]}


async def test_credentials_show_their_data_only_on_request(client: NoetlClient) -> None:
    stored = {"name": "mine", "type": "postgres", "data": {"db_password": "not-real"}}
    await client.http.post("/api/credentials", json=stored)
    listed = (await client.http.get("/api/credentials?type=postgres")).json()
    assert [item["name"] for item in listed["items"]] == ["pg_auth", "mine"]
    assert "not-real" not in (await client.http.get("/api/credentials/mine")).text
    revealed = await client.http.get("/api/credentials/mine?include_data=true")
    assert revealed.json()["data"] == {"db_password": "not-real"}
    assert (await client.http.delete("/api/credentials/mine")).status_code == 200
    assert (await client.http.get("/api/credentials/mine")).json() == {"detail": "Credential not found"}


@pytest.mark.parametrize(
    ("query", "rows"), [("SELECT 1", [{"?column?": 1}]), ("select 42 as answer;", [{"answer": 42}])]
)
async def test_simple_queries_are_answered(client: NoetlClient, query: str, rows: object) -> None:
    reply = await client.http.post("/api/postgres/execute", json={"query": query, "schema": "public"})
    assert reply.json() == {"status": "ok", "result": rows, "error": None}


async def test_other_queries_are_errors_in_the_body(client: NoetlClient) -> None:
    reply = await client.http.post("/api/postgres/execute", json={"query": "drop table users"})
    assert (reply.status_code, reply.json()["status"]) == (200, "error")
    assert (await client.http.post("/api/postgres/execute", json={})).status_code == 400


async def test_a_listener_is_told_to_whoever_holds_the_internal_token() -> None:
    async with SimulatedNoetl(internal_token="internal") as noetl:
        transport = asgi_transport(noetl)
        async with httpx.AsyncClient(transport=transport, base_url="http://noetl") as http:
            path = "/api/internal/ingress/github"
            known = await http.get(path, headers={"authorization": "Bearer internal"})
            assert known.json()["verify"]["type"] == "hmac_sha256"
            assert known.json()["dispatch"]["playbook"] == "demo/quick"
            assert (await http.get(path)).status_code == 403
            unknown = await http.get(path + "x", headers={"authorization": "Bearer internal"})
            assert (unknown.status_code, unknown.json()["status"]) == (404, 404)


async def test_without_internal_token_no_listener_is_told(client: NoetlClient) -> None:
    assert (await client.http.get("/api/internal/ingress/github")).status_code == 503


async def test_an_event_is_taken(client: NoetlClient) -> None:
    event = {"execution_id": "1", "event_type": "subscription.message.directives_applied"}
    reply = await client.http.post("/api/events", json=event)
    assert reply.json()["status"] == "ok"
    assert client.server.requests.bodies("/api/events") == [event]


@pytest.mark.parametrize(
    ("content", "kind"), [("", "missing"), ("[]", "model_attributes_type"), ("\xff", "json_invalid")]
)
async def test_a_body_that_is_no_object_is_unprocessable(client: NoetlClient, content: str, kind: str) -> None:
    reply = await client.http.post("/api/execute", content=content.encode("latin-1"))
    assert (reply.status_code, reply.json()["detail"][0]["type"]) == (422, kind)


async def test_a_missing_field_is_named(client: NoetlClient) -> None:
    reply = await client.http.post("/api/auth/session/validate", json={})
    problem = {"type": "missing", "loc": ["body", "session_token"], "msg": "Field required", "input": {}}
    assert (reply.status_code, reply.json()) == (422, {"detail": [problem]})

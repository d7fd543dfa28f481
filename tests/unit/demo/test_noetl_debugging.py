import httpx
import pytest
from tests.unit.demo.noetl_client import NoetlClient

from entrypoints.demo.noetl.server import SimulatedNoetl
from entrypoints.demo.ports import free_socket
from entrypoints.demo.servers import serve


async def test_the_echo_tells_what_arrived_byte_for_byte(client: NoetlClient) -> None:
    reply = await client.http.put(
        "/api/demo/echo/a%2Fb%20c?x=1&x=%20&status=418", content=b"12345", headers={"X-Test": "Yes"}
    )
    assert reply.status_code == 418
    body = reply.json()
    assert (body["method"], body["raw_path"]) == ("PUT", "/api/demo/echo/a%2Fb%20c")
    assert body["query"] == "x=1&x=%20&status=418"
    assert ["x-test", "Yes"] in body["headers"]
    assert body["body_bytes"] == 5


async def test_requests_are_recorded_as_they_came(client: NoetlClient) -> None:
    await client.http.post("/api/demo/echo/%7Eme?q=%2F", content=b"\x00\xff", headers={"x-a": "1"})
    request = client.server.requests.last
    assert (request.method, request.raw_path, request.query) == ("POST", b"/api/demo/echo/%7Eme", b"q=%2F")
    assert request.body == b"\x00\xff"
    assert request.header("X-A") == "1"
    assert client.server.requests.to("/api/demo/echo/%7Eme", method="POST") == [request]
    client.server.requests.clear()
    assert len(client.server.requests) == 0


async def test_the_stream_sends_events_one_by_one() -> None:
    path = "/api/demo/stream?events=2&pause_ms=20"
    async with (
        SimulatedNoetl() as noetl,
        serve(noetl, free_socket()) as url,
        httpx.AsyncClient() as http,
        http.stream("GET", url + path) as reply,
    ):
        assert reply.headers["content-type"] == "text/event-stream"
        lines = [line async for line in reply.aiter_lines() if line]
    assert lines == [
        "event: tick",
        "id: 1",
        'data: {"number":1}',
        "event: tick",
        "id: 2",
        'data: {"number":2}',
    ]


async def test_bytes_come_without_a_length(client: NoetlClient) -> None:
    reply = await client.http.get("/api/demo/bytes?count=100000")
    assert len(reply.content) == 100_000
    assert "content-length" not in reply.headers


async def test_a_redirect_names_another_place(client: NoetlClient) -> None:
    reply = await client.http.get("/api/demo/redirect?to=http://elsewhere.example/")
    assert (reply.status_code, reply.headers["location"]) == (307, "http://elsewhere.example/")


@pytest.mark.parametrize("path", ["/", "/api", "/api/health/", "/api/executions/"])
async def test_routes_are_exact(client: NoetlClient, path: str) -> None:
    reply = await client.http.get(path)
    assert (reply.status_code, reply.json()) == (404, {"detail": "Not Found"})

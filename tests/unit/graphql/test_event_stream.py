"""GraphQL over server-sent events, in the mode of distinct connections."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from tests.unit.graphql.subscribing import EVENTS, RESULTS, RUN, a_client, streaming
from tests.unit.running_gateway import RunningGateway, running_gateway

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from adapters.memory.upstream import answer
from domain.identity import Session
from domain.proxying import UpstreamRequest, UpstreamResponse
from entrypoints.http.server.drain import DrainTiming

HEALTH = "{ health }"
STREAM = {"accept": "text/event-stream"}


@pytest.fixture
async def client(gateway: RunningGateway, session: Session) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.http(session) as opened:
        yield opened


@pytest.fixture
async def client_id(gateway: RunningGateway, session: Session) -> str:
    return await a_client(gateway, session)


async def run(client: httpx.AsyncClient, client_id: str) -> dict[str, str]:
    answered = (await client.post("/graphql", json={"query": RUN, "variables": {"clientId": client_id}})).json()
    started: dict[str, str] = answered["data"]["executePlaybook"]
    return started


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_subscription_is_a_stream_of_results_up_to_its_end(
    gateway: RunningGateway, client: httpx.AsyncClient, client_id: str, method: str
) -> None:
    started = await run(client, client_id)
    async with streaming(client, EVENTS, method=method, executionId=started["executionId"]) as events:
        assert events.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert events.response.headers["x-accel-buffering"] == "no"
        gateway.happen(started["executionId"], "step.exit", "fetch")
        gateway.happen(started["executionId"], "playbook.completed")
        first, second, last = await events.rest()
    assert (first.name, first.json["data"]["executionEvents"]["stepName"]) == ("next", "fetch")
    assert first.event_id == first.json["data"]["executionEvents"]["eventId"]
    assert (second.name, second.json["data"]["executionEvents"]["eventType"]) == ("next", "playbook.completed")
    assert (last.name, last.data) == ("complete", "")


async def test_a_browser_that_reconnects_goes_on_where_it_was(
    gateway: RunningGateway, client: httpx.AsyncClient, client_id: str
) -> None:
    started = await run(client, client_id)
    for n in range(2):
        await gateway.progress(started["requestId"], f"{n}")
    async with streaming(client, RESULTS, method="GET", clientId=client_id) as events:
        first = await events.next()
    header = {"last-event-id": first.event_id or ""}
    async with streaming(client, RESULTS, method="GET", headers=header, clientId=client_id) as events:
        second = await events.next()
    assert [each.json["data"]["playbookResults"]["message"] for each in (first, second)] == ["0", "1"]


async def test_a_query_is_a_result_and_the_end(client: httpx.AsyncClient) -> None:
    async with streaming(client, HEALTH) as events:
        result, end = await events.rest()
    assert (result.name, result.json, result.event_id) == ("next", {"data": {"health": "ok"}}, None)
    assert end.name == "complete"
    assert events.comments == 1


async def test_a_mutation_runs_by_post_and_announces_its_run(
    gateway: RunningGateway, client: httpx.AsyncClient, client_id: str
) -> None:
    async with streaming(client, RUN, clientId=client_id) as events:
        result, _ = await events.rest()
    assert result.json["data"]["executePlaybook"]["requestId"]
    async with streaming(client, RUN, method="GET") as events:
        assert (events.response.status_code, events.response.headers["allow"]) == (405, "POST")
    assert len(gateway.runner.orders) == 1


@pytest.mark.parametrize("query", ["{", "{ nothing }", "subscription { nothing }"])
async def test_a_document_that_cannot_be_executed_is_told_in_the_stream(
    client: httpx.AsyncClient, query: str
) -> None:
    """A browser's EventSource could not read the body of an error status."""
    async with streaming(client, query) as events:
        assert events.response.status_code == 200
        result, end = await events.rest()
    assert (list(result.json), end.name) == (["errors"], "complete")


async def test_a_refused_subscription_is_told_in_the_stream(client: httpx.AsyncClient) -> None:
    async with streaming(client, RESULTS, clientId="unknown") as events:
        result, end = await events.rest()
    assert result.json["errors"][0]["extensions"] == {"code": "client_not_owned"}
    assert end.name == "complete"


async def test_what_is_no_graphql_request_has_an_error_status(client: httpx.AsyncClient) -> None:
    assert (await client.post("/graphql", content=b"{", headers=STREAM)).status_code == 415
    malformed = await client.post("/graphql", json={"q": 1}, headers=STREAM)
    assert (malformed.status_code, malformed.json()["errors"][0]["extensions"]["code"]) == (400, "request_malformed")
    assert malformed.headers["content-type"] == "application/json; charset=utf-8"
    assert (await client.get("/graphql", headers=STREAM)).status_code == 400


async def test_who_has_no_session_is_401(gateway: RunningGateway) -> None:
    async with gateway.http() as client:
        refused = await client.post("/graphql", json={"query": HEALTH}, headers=STREAM)
    assert (refused.status_code, refused.text) == (401, "Missing authentication token")


async def test_a_batch_is_answered_as_json(client: httpx.AsyncClient) -> None:
    answered = await client.post("/graphql", json=[{"query": HEALTH}], headers=STREAM)
    assert answered.json() == [{"data": {"health": "ok"}}]


@pytest.mark.parametrize(
    ("accept", "status"), [("application/json", 200), ("application/graphql-response+json", 400)]
)
async def test_a_subscription_needs_a_stream(client: httpx.AsyncClient, accept: str, status: int) -> None:
    content = {"query": RESULTS, "variables": {"clientId": "x"}}
    answered = await client.post("/graphql", json=content, headers={"accept": accept})
    assert answered.status_code == status
    assert answered.json()["errors"][0]["extensions"] == {"code": "subscription_needs_stream"}


async def test_no_stream_is_opened_where_they_are_switched_off() -> None:
    async with (
        running_gateway(variables={"GATEWAY_SSE_ENABLED": "false"}) as gateway,
        gateway.http(await gateway.log_in()) as client,
    ):
        answered = await client.post(
            "/graphql", json={"query": RESULTS, "variables": {"clientId": "x"}}, headers=STREAM
        )
    assert answered.json()["errors"][0]["extensions"] == {"code": "subscription_needs_stream"}


async def test_head_opens_nothing(client: httpx.AsyncClient) -> None:
    answered = await client.head("/graphql", params={"query": HEALTH}, headers=STREAM)
    assert (answered.status_code, answered.content) == (200, b"")


async def test_an_answer_of_noetl_with_line_breaks_stays_one_event(gateway: RunningGateway, session: Session) -> None:
    async def pretty(request: UpstreamRequest) -> UpstreamResponse:
        return answer(b'{\n  "a": 1,\r\n  "b": "x y"\n}')

    gateway.container.upstream().handle = pretty  # type: ignore[attr-defined]
    query = 'mutation { proxyRequest(input: {method: "GET", endpoint: "/api/x"}) { data } }'
    async with gateway.http(session) as client, streaming(client, query) as events:
        result, _ = await events.rest()
    assert result.json["data"]["proxyRequest"]["data"] == {"a": 1, "b": "x y"}


async def test_logging_out_is_told_and_ends_the_stream(
    gateway: RunningGateway, session: Session, client: httpx.AsyncClient, client_id: str
) -> None:
    async with streaming(client, RESULTS, clientId=client_id) as events:
        await gateway.log_out(session)
        result, end = await events.rest()
    assert result.json["errors"][0]["extensions"] == {"code": "session_invalid"}
    assert end.name == "complete"
    while gateway.bus.live._connections:
        await asyncio.sleep(0.001)


async def test_a_stream_that_is_silent_is_kept_alive_and_does_not_outlive_its_session() -> None:
    clock = ManualClock()
    async with running_gateway(MemoryBus(clock)) as gateway:
        session = await gateway.log_in(hours=1)
        client_id = await a_client(gateway, session)
        async with gateway.http(session) as client, streaming(client, RESULTS, clientId=client_id) as events:
            for _ in range(3):
                await clock.advance(17)
                gateway.container.timer_wheel().turn()
            await clock.advance(3600)
            gateway.container.timer_wheel().turn()
            result, _ = await events.rest()
    assert events.comments == 4
    assert result.json["errors"][0]["extensions"] == {"code": "session_invalid"}


async def test_a_process_that_ends_interrupts_the_stream_for_the_client_to_come_back() -> None:
    async with running_gateway(timing=DrainTiming(total=10, grace=0, window=0)) as gateway:
        session = await gateway.log_in()
        client_id = await a_client(gateway, session)
        async with gateway.http(session) as client, streaming(client, RESULTS, clientId=client_id) as events:
            gateway.server.begin_shutdown()
            assert await events.rest() == []
        await gateway.ended


async def test_streams_are_counted() -> None:
    async with running_gateway(variables={"GATEWAY_STREAMS_PER_SESSION": "1"}) as gateway:
        session = await gateway.log_in()
        client_id = await a_client(gateway, session)
        async with gateway.http(session) as client, streaming(client, RESULTS, clientId=client_id):
            refused = await client.post("/graphql", json={"query": HEALTH}, headers=STREAM)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    assert refused.json()["errors"][0]["extensions"] == {"code": "too_many_requests"}


async def test_a_client_that_leaves_leaves_nothing_behind(
    gateway: RunningGateway, client: httpx.AsyncClient, client_id: str
) -> None:
    async with streaming(client, RESULTS, clientId=client_id) as events:
        while not gateway.bus.live._connections:
            await asyncio.sleep(0.001)
        await events.response.aclose()
    while gateway.bus.live._connections or gateway.bus.session_listeners._listeners:
        await asyncio.sleep(0.001)


async def test_browsers_of_allowed_origins_may_read_it(client: httpx.AsyncClient) -> None:
    origin = "https://app.example.test"
    async with streaming(client, HEALTH, headers={"origin": origin}) as events:
        assert events.response.headers["access-control-allow-origin"] == origin
        await events.rest()

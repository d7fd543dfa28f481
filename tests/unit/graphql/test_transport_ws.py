"""The subprotocol graphql-transport-ws: its messages, its states, its close codes."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.graphql.subscribing import PROTOCOL, RESULTS, RUN, a_client, connected, initialised
from tests.unit.running_gateway import PLAYBOOK, RunningGateway, running_gateway
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from adapters.memory.playbook_runner import MemoryPlaybookRunner
from domain.errors import AuthBackEndUnavailable
from domain.identity import Session
from domain.playbooks import Execution, ExecutionOrder
from entrypoints.graphql.transport_ws import connection, messages
from entrypoints.http.server.drain import DrainTiming

HEALTH = "{ health }"
json_values = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=3))
IN_TIME = DrainTiming(total=10, grace=0, window=0)


async def test_the_protocol_is_agreed_on(gateway: RunningGateway, session: Session) -> None:
    async with connected(gateway, session) as subscriber:
        assert subscriber.socket.subprotocol == PROTOCOL
        await subscriber.initialise()


@pytest.mark.parametrize("protocol", [None, "graphql-ws"])
async def test_another_protocol_is_not_spoken(
    gateway: RunningGateway, session: Session, protocol: str | None
) -> None:
    async with connected(gateway, session, protocol=protocol) as subscriber:
        assert await subscriber.closed() == (4406, "Subprotocol not acceptable")


@pytest.mark.parametrize(
    "payload",
    [
        {"Authorization": "Bearer {}"},
        {"authorization": "Bearer {}"},
        {"X-Session-Token": "{}"},
        {"session_token": "{}"},
        {"sessionToken": "{}"},
        {"token": "{}", "authorization": "Basic eA=="},
    ],
)
async def test_the_token_may_come_with_connection_init(
    gateway: RunningGateway, session: Session, payload: Mapping[str, str]
) -> None:
    async with connected(gateway) as subscriber:
        await subscriber.initialise({name: value.format(session.token.text) for name, value in payload.items()})
        await subscriber.subscribe(HEALTH)
        assert await subscriber.result() == "ok"


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({"authorization": "Bearer {}"}, "/graphql"),
        ({"cookie": "session_token={}", "origin": "https://app.example.test"}, "/graphql"),
        ({}, "/graphql?session_token={}"),
    ],
)
async def test_the_token_may_come_with_the_handshake(
    gateway: RunningGateway, session: Session, headers: Mapping[str, str], path: str
) -> None:
    token = session.token.text
    filled = {name: value.format(token) for name, value in headers.items()}
    async with connected(gateway, headers=filled, path=path.format(token)) as subscriber:
        await subscriber.initialise({})


async def test_a_ticket_will_do(gateway: RunningGateway, session: Session) -> None:
    async with gateway.http(session) as client:
        ticket = (await client.post("/api/events/ticket")).json()["ticket"]
    async with connected(gateway, path=f"/graphql?ticket={ticket}") as subscriber:
        await subscriber.initialise()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (None, "token_missing"),
        ({"other": "x"}, "token_missing"),
        ({"token": 7}, "token_missing"),
        ({"token": "unknown"}, "session_invalid"),
        ({"token": ""}, "session_invalid"),
    ],
)
async def test_who_has_no_session_is_sent_away(gateway: RunningGateway, payload: object, reason: str) -> None:
    async with connected(gateway) as subscriber:
        await subscriber.send(type="connection_init", payload=payload)
        assert await subscriber.closed() == (4401, reason)


async def test_the_token_of_connection_init_counts_first(gateway: RunningGateway, session: Session) -> None:
    async with connected(gateway, session) as subscriber:
        await subscriber.send(type="connection_init", payload={"token": "unknown"})
        assert await subscriber.closed() == (4401, "session_invalid")


@pytest.mark.parametrize("origin", [None, "https://evil.example.test"])
async def test_a_foreign_page_cannot_use_the_cookie(
    gateway: RunningGateway, session: Session, origin: str | None
) -> None:
    cookie = {"cookie": f"session_token={session.token.text}"} | ({"origin": origin} if origin else {})
    async with connected(gateway, headers=cookie) as subscriber:
        await subscriber.send(type="connection_init")
        assert await subscriber.closed() == (4403, "origin_denied")


async def test_trouble_behind_the_gateway_logs_nobody_out(gateway: RunningGateway) -> None:
    gateway.authority.trouble = AuthBackEndUnavailable()
    async with connected(gateway) as subscriber:
        await subscriber.send(type="connection_init", payload={"token": "fresh"})
        assert await subscriber.closed() == (1013, "auth_back_end_unavailable")


async def test_who_does_not_initialise_in_time_is_sent_away(
    gateway: RunningGateway, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_INIT_SECONDS", 0.03)
    async with connected(gateway, session) as subscriber:
        assert await subscriber.closed() == (4408, "Connection initialisation timeout")
    async with initialised(gateway, session) as subscriber:
        await asyncio.sleep(0.06)
        await subscriber.subscribe(HEALTH)
        assert await subscriber.result() == "ok"


async def test_a_connection_is_initialised_once(gateway: RunningGateway, session: Session) -> None:
    async with initialised(gateway, session) as subscriber:
        await subscriber.send(type="connection_init")
        assert await subscriber.closed() == (4429, "Too many initialisation requests")


async def test_nothing_is_done_before_the_acknowledgement(gateway: RunningGateway, session: Session) -> None:
    async with connected(gateway, session) as subscriber:
        await subscriber.subscribe(HEALTH)
        assert await subscriber.closed() == (4401, "Unauthorized")


async def test_an_id_is_used_by_one_operation_at_a_time(gateway: RunningGateway, session: Session) -> None:
    client_id = await a_client(gateway, session)
    async with initialised(gateway, session) as subscriber:
        for _ in range(3):
            await subscriber.subscribe(HEALTH)
            assert await subscriber.result() == "ok"
            await subscriber.completed()
        await subscriber.subscribe(RESULTS, clientId=client_id)
        await subscriber.subscribe(HEALTH)
        assert await subscriber.closed() == (4409, "Subscriber for 1 already exists")


async def test_a_close_reason_is_not_longer_than_a_frame_takes(gateway: RunningGateway, session: Session) -> None:
    client_id = await a_client(gateway, session)
    async with initialised(gateway, session) as subscriber:
        for _ in range(2):
            await subscriber.subscribe(RESULTS, "ä" * 200, clientId=client_id)
        code, reason = await subscriber.closed()
        assert (code, len(reason.encode())) == (4409, 123)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b'{"type":"ping"}', "Messages must be text"),
        ("", "Messages must be JSON"),
        ("ping", "Messages must be JSON"),
        ("[" * 50_000, "Invalid message"),
        ("[]", "Invalid message"),
        ("{}", "Invalid message"),
        ('{"type":"start"}', "Invalid message"),
        ('{"type":"connection_init","payload":7}', "Invalid message"),
        ('{"type":"subscribe","id":"1"}', "Invalid message"),
        ('{"type":"subscribe","payload":{"query":"{ health }"}}', "Invalid message"),
        ('{"type":"subscribe","id":"","payload":{"query":"{ health }"}}', "Invalid message"),
        ('{"type":"subscribe","id":7,"payload":{"query":"{ health }"}}', "Invalid message"),
        ('{"type":"subscribe","id":"1","payload":{}}', "Invalid message"),
        ('{"type":"subscribe","id":"1","payload":{"query":"{ health }","variables":[]}}', "Invalid message"),
        ('{"type":"complete"}', "Invalid message"),
    ],
)
async def test_what_is_no_message_ends_the_connection(
    gateway: RunningGateway, session: Session, message: str | bytes, reason: str
) -> None:
    async with initialised(gateway, session) as subscriber:
        await subscriber.socket.send(message)
        assert await subscriber.closed() == (4400, reason)


async def test_pings_are_answered_at_any_time(gateway: RunningGateway, session: Session) -> None:
    async with connected(gateway, session) as subscriber:
        await subscriber.send(type="ping")
        assert await subscriber.read() == {"type": "pong"}
        await subscriber.initialise()
        await subscriber.send(type="pong", payload={"a": 1})
        await subscriber.send(type="ping", payload={"a": [1]})
        assert await subscriber.read() == {"type": "pong", "payload": {"a": [1]}}


async def test_queries_and_mutations_run_too(gateway: RunningGateway, session: Session) -> None:
    client_id = await a_client(gateway, session)
    async with initialised(gateway, session) as subscriber:
        await subscriber.send(
            id="q",
            type="subscribe",
            payload={"query": "query A { health } query B { version }", "operationName": "A"},
        )
        assert await subscriber.result("q") == "ok"
        await subscriber.completed("q")
        started = await subscriber.run(client_id)
    assert started["executionId"] in gateway.runner.statuses
    assert gateway.runner.orders[0].on_behalf_of == session


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", None),
        ("{ nothing }", None),
        ("subscription { nothing }", None),
        ("subscription { playbookResults { eventId } }", None),
        ('subscription { a: playbookResults(clientId: "x") { eventId } b: __typename }', None),
        ("{ " + " ".join(f"a{n}: health" for n in range(20)) + " }", "graphql_limit"),
    ],
)
async def test_a_document_that_cannot_be_executed_gets_an_error(
    gateway: RunningGateway, session: Session, query: str, code: str | None
) -> None:
    async with initialised(gateway, session) as subscriber:
        await subscriber.subscribe(query)
        error = await subscriber.error()
        assert error.get("extensions", {}).get("code") == code
        await subscriber.subscribe(HEALTH)
        assert await subscriber.result() == "ok"


async def test_variables_that_nest_too_deep_get_an_error(gateway: RunningGateway, session: Session) -> None:
    nested: Any = 1
    for _ in range(150):
        nested = [nested]
    async with initialised(gateway, session) as subscriber:
        await subscriber.subscribe(HEALTH, x=nested)
        assert (await subscriber.error())["extensions"]["code"] == "request_malformed"


async def test_a_failing_field_is_a_result_with_errors(gateway: RunningGateway, session: Session) -> None:
    async with initialised(gateway, session) as subscriber:
        await subscriber.subscribe('mutation { executePlaybook(name: "secret/other") { id } }')
        payload = (await subscriber.read())["payload"]
        assert payload["data"] is None
        assert payload["errors"][0]["extensions"] == {"code": "playbook_denied"}
        await subscriber.completed()


async def test_completing_an_unknown_operation_changes_nothing(gateway: RunningGateway, session: Session) -> None:
    async with initialised(gateway, session) as subscriber:
        await subscriber.send(type="complete", id="unknown")
        await subscriber.subscribe(HEALTH)
        assert await subscriber.result() == "ok"


async def test_a_subscription_completed_at_once_is_over(gateway: RunningGateway, session: Session) -> None:
    """Before its task has even begun."""
    client_id = await a_client(gateway, session)
    async with initialised(gateway, session) as subscriber:
        await subscriber.subscribe(RESULTS, clientId=client_id)
        await subscriber.send(type="complete", id="1")
        await subscriber.subscribe(HEALTH)
        assert await subscriber.result() == "ok"
    assert not gateway.bus.live._connections


async def test_only_so_many_operations_go_on_at_a_time(
    gateway: RunningGateway, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "OPERATIONS_AT_A_TIME", 2)
    ids = [await a_client(gateway, session) for _ in range(2)]
    async with initialised(gateway, session) as subscriber:
        for client_id in ids:
            await subscriber.subscribe(RESULTS, client_id, clientId=client_id)
        await subscriber.subscribe(HEALTH)
        assert (await subscriber.error())["extensions"]["code"] == "too_many_requests"
        await subscriber.send(type="complete", id=ids[0])
        await subscriber.send(type="ping")
        await subscriber.read()
        await subscriber.subscribe(HEALTH)
        assert await subscriber.result() == "ok"


async def test_each_subscription_counts_as_a_stream() -> None:
    async with running_gateway(variables={"GATEWAY_STREAMS_PER_SESSION": "2"}) as gateway:
        session = await gateway.log_in()
        ids = [await a_client(gateway, session) for _ in range(2)]
        async with initialised(gateway, session) as subscriber:
            for client_id in ids:
                await subscriber.subscribe(RESULTS, client_id, clientId=client_id)
            assert (await subscriber.error(ids[1]))["extensions"]["code"] == "too_many_requests"
            async with connected(gateway, session) as another:
                await another.send(type="connection_init")
                assert await another.closed() == (1013, "too_many_requests")


async def test_logging_out_ends_the_connection(gateway: RunningGateway, session: Session) -> None:
    async with initialised(gateway, session) as subscriber:
        await gateway.log_out(session)
        assert await subscriber.closed() == (4401, "logged_out")


async def test_it_does_not_outlive_its_session() -> None:
    clock = ManualClock()
    async with (
        running_gateway(MemoryBus(clock)) as gateway,
        initialised(gateway, await gateway.log_in(hours=1)) as subscriber,
    ):
        await clock.advance(3602)
        gateway.container.timer_wheel().turn()
        assert await subscriber.closed() == (4401, "expired")


async def test_a_process_that_ends_answers_mutations_and_lets_subscriptions_go() -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        entered.set()
        await go_on.wait()

    async with running_gateway(timing=IN_TIME, runner=MemoryPlaybookRunner(at_work)) as gateway:
        session = await gateway.log_in()
        client_id = await a_client(gateway, session)
        async with initialised(gateway, session) as subscriber:
            await subscriber.subscribe(RESULTS, "results", clientId=client_id)
            await subscriber.subscribe(RUN, "run")
            await entered.wait()
            gateway.server.begin_shutdown()
            while True:
                await subscriber.subscribe(HEALTH, "probe")
                if (message := await subscriber.read())["type"] == "error":
                    assert message["payload"][0]["extensions"]["code"] == "leaving"
                    break
                await subscriber.completed("probe")
            go_on.set()
            assert (await subscriber.result("run"))["executionId"]
            await subscriber.completed("run")
            assert await subscriber.closed() == (1001, "drained")
        await gateway.ended


async def test_a_run_is_booked_even_if_its_caller_has_left_meanwhile() -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        entered.set()
        await go_on.wait()

    async with running_gateway(runner=MemoryPlaybookRunner(at_work)) as gateway:
        session = await gateway.log_in()
        client_id = await a_client(gateway, session)
        async with initialised(gateway, session) as subscriber:
            await subscriber.subscribe(RUN, clientId=client_id)
            await entered.wait()
            await subscriber.send(type="complete", id="1")
            await subscriber.subscribe(HEALTH)
            assert await subscriber.result() == "ok"
        go_on.set()
        async with gateway.http(session) as client:
            while "pendingRequests" not in (
                answer := (await client.get("/api/events/poll", params={"client_id": client_id, "wait": 0})).json()
            ):
                pass
        assert answer["pendingRequests"][0]["playbookPath"] == PLAYBOOK


async def test_noetl_can_be_called_too(gateway: RunningGateway, session: Session) -> None:
    async with initialised(gateway, session) as subscriber:
        await subscriber.subscribe(
            'mutation { proxyRequest(input: {method: "GET", endpoint: "/api/health"}) { success data } }'
        )
        assert await subscriber.result() == {"success": True, "data": {}}


async def test_connections_are_counted(gateway: RunningGateway, session: Session) -> None:
    async def shown(name: str) -> str:
        async with gateway.http() as client:
            lines = (await client.get("/metrics")).text.splitlines()
        return next(line.rpartition(" ")[2] for line in lines if line.startswith(f"noetl_gateway_{name} "))

    async with connected(gateway, session):
        assert await shown("sse_connections") == "0.0"
    async with initialised(gateway, session) as subscriber:
        assert await shown("sse_connections") == "1.0"
        await gateway.log_out(session)
        await subscriber.closed()
    assert await shown("sse_connections") == "0.0"
    assert await shown('stream_closed_total{reason="logged_out"}') == "1.0"


@given(
    st.binary(max_size=30) | st.text(max_size=30) | st.dictionaries(st.text(max_size=8), json_values).map(json.dumps)
)
def test_every_message_is_understood_or_not(message: str | bytes) -> None:
    try:
        messages.decoded(message)
    except messages.NotUnderstood as problem:
        assert len(str(problem)) < 100


@given(st.none() | st.dictionaries(st.sampled_from(["Authorization", "token", "session_token", "x"]), json_values))
def test_a_token_is_a_text_or_none(payload: dict[str, object] | None) -> None:
    token = messages.token_in(payload)
    assert token is None or isinstance(token, str)


async def test_no_websocket_is_opened_where_they_are_switched_off() -> None:
    async with running_gateway(variables={"GATEWAY_WS_ENABLED": "false"}) as gateway:
        with pytest.raises(InvalidStatus) as refused:
            await connect(gateway.url("/graphql"))
    assert refused.value.response.status_code in (401, 403)


async def test_messages_over_the_limit_end_the_connection() -> None:
    async with (
        running_gateway(variables={"GATEWAY_MAX_BODY_BYTES": "2000"}) as gateway,
        initialised(gateway, await gateway.log_in()) as subscriber,
    ):
        await subscriber.socket.send(json.dumps({"type": "ping", "payload": {"x": "y" * 3000}}))
        assert (await subscriber.closed())[0] == 1009

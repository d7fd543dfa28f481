"""Where workers answer (wire 4.1 to 4.4)."""

import asyncio
import uuid
from collections.abc import Sequence

import msgspec
import pytest
from tests.unit.demo.captures import capture
from tests.unit.domain.gateway import PLAYBOOK, Gateway
from tests.unit.http.asking import JSON_TYPE, Exchange, Fields, ask, post_json, scope_of, served

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from domain.callbacks import CallbackResult
from domain.clients import ClientId
from domain.events import EventId, StoredFrame
from domain.identity import Session
from domain.playbooks import ExecutionOrder
from domain.use_cases.execute_playbook import Started
from entrypoints.http.asgi import AsgiApp
from entrypoints.http.routes.callbacks import CallbackUseCases, callback_routes

AUTH, ASYNC, PROGRESS = "/api/internal/callback", "/api/internal/callback/async", "/api/internal/progress"
NOBODY = {"delivered": False, "message": "No pending request found for this request_id"}
LIMIT = 4096


def app_of(gateway: Gateway, token: str | None = None, limit: int = LIMIT) -> AsgiApp:
    use_cases = CallbackUseCases(
        deliver_auth_callback=gateway.deliver_auth,
        deliver_callback=gateway.deliver,
        report_progress=gateway.report,
    )
    return served(*callback_routes(use_cases, token, limit))


@pytest.fixture
def app(gateway: Gateway) -> AsgiApp:
    return app_of(gateway)


class Run:
    """A run that a client waits for, and what reached the client."""

    def __init__(self, gateway: Gateway, session: Session, client_id: ClientId, started: Started) -> None:
        self._gateway = gateway
        self._client_id = client_id
        self._start = EventId("", 0)
        self.session = session
        self.request_id = started.request_id or ""
        self.execution_id = started.execution.execution_id

    async def frames(self) -> Sequence[StoredFrame]:
        history = self._gateway.bus.frames
        return history.after(self._client_id, EventId(history.newest.epoch, 0)).frames

    async def result(self) -> dict[str, object]:
        params: dict[str, object] = msgspec.json.decode((await self.frames())[-1].data)["params"]
        return params


@pytest.fixture
async def run(gateway: Gateway) -> Run:
    session = await gateway.logged_in()
    client = await gateway.clients.open(session.user.user_id, await gateway.streams.position())
    started = await gateway.execute(session, ExecutionOrder(path=PLAYBOOK), str(client.client_id))
    return Run(gateway, session, client.client_id, started)


async def test_an_answer_reaches_whoever_waits_for_it(app: AsgiApp, gateway: Gateway, clock: ManualClock) -> None:
    body = capture("login_ok_callback")["body"]
    async with gateway.inbox.expect(body["request_id"]) as waiter:
        answer = await post_json(app, AUTH, body)
        result = await waiter.result(clock.monotonic() + 1)
    assert (answer.status, answer.json) == (
        200,
        {"delivered": True, "message": "Callback delivered successfully"},
    )
    assert (result.status, result.data) == (body["status"], body["data"])


async def test_only_the_first_answer_counts(app: AsgiApp, gateway: Gateway) -> None:
    request_id = str(uuid.uuid4())
    async with gateway.inbox.expect(request_id):
        assert (await post_json(app, AUTH, {"request_id": request_id})).json["delivered"] is True
        assert (await post_json(app, AUTH, {"request_id": request_id})).json == NOBODY


@pytest.mark.parametrize("request_id", [str(uuid.uuid4()), "", ">", "x" * 900, "a\r\nb", 7])
async def test_an_answer_that_nobody_waits_for_is_told_so_with_status_200(app: AsgiApp, request_id: object) -> None:
    answer = await post_json(app, AUTH, {"request_id": request_id})
    assert (answer.status, answer.json) == (200, NOBODY)


async def auth_result(gateway: Gateway, clock: ManualClock, app: AsgiApp, **members: object) -> CallbackResult:
    request_id = str(uuid.uuid4())
    async with gateway.inbox.expect(request_id) as waiter:
        await post_json(app, AUTH, {"request_id": request_id, **members})
        return await waiter.result(clock.monotonic() + 1)


@pytest.mark.parametrize(
    ("members", "execution_id", "status"),
    [
        ({}, None, "success"),
        ({"status": None}, None, "success"),
        ({"status": "error"}, None, "error"),
        ({"status": True}, None, "true"),
        ({"status": 1}, None, "1"),
        ({"execution_id": 766633604884463618}, "766633604884463618", "success"),
        ({"execution_id": "766633604884463618", "step": 5}, "766633604884463618", "success"),
        ({"execution_id": "none"}, None, "success"),
        ({"execution_id": None, "step": None}, None, "success"),
    ],
)
async def test_what_templates_make_of_ids_and_words_is_understood(
    app: AsgiApp,
    gateway: Gateway,
    clock: ManualClock,
    members: dict[str, object],
    execution_id: str | None,
    status: str,
) -> None:
    result = await auth_result(gateway, clock, app, **members)
    assert (result.execution_id, result.status) == (execution_id, status)


@pytest.mark.parametrize("data", [None, {"a": [1, {"b": None}]}, '{"valid": true}', [1], 2**63, 1.5, "text"])
async def test_the_data_of_an_answer_is_passed_on_whatever_it_is(
    app: AsgiApp, gateway: Gateway, clock: ManualClock, data: object
) -> None:
    assert (await auth_result(gateway, clock, app, data=data)).data == data


async def test_a_result_is_stored_for_its_client_as_state_and_result(
    app: AsgiApp, run: Run, gateway: Gateway
) -> None:
    body = b'{"request_id":"%b","execution_id":%b,"data":{"id":766633604884463618.10,"t": "\xc3\xa9"}}'
    content = body % (run.request_id.encode(), run.execution_id.encode())
    answer = await ask(app, "POST", ASYNC, [JSON_TYPE], content)
    assert (answer.status, answer.json) == (202, {"status": "queued", "clientDisconnected": True})
    state, result = await run.frames()
    assert (state.event, result.event) == ("playbook/state", "playbook/result")
    assert b'"data":{"id":766633604884463618.10,"t": "\xc3\xa9"}' in bytes(result.data)


async def test_a_client_that_is_connected_is_served_at_once(app: AsgiApp, run: Run, gateway: Gateway) -> None:
    class Listener:
        def on_frame(self, frame: StoredFrame) -> None: ...
        def on_announced(self, request_id: str) -> None: ...
        def on_gap(self) -> None: ...
        def on_replaced(self) -> None: ...

    async with gateway.streams.attach(run._client_id, Listener()):
        answer = await post_json(app, ASYNC, {"request_id": run.request_id})
    assert (answer.status, answer.json) == (200, {"status": "delivered"})


async def test_a_repeated_result_is_no_second_one(app: AsgiApp, run: Run) -> None:
    for _ in range(2):
        assert (await post_json(app, ASYNC, {"request_id": run.request_id})).status == 202
    assert len(await run.frames()) == 2


@pytest.mark.parametrize("request_id", [str(uuid.uuid4()), "", ">", "a\r\nb", 7])
@pytest.mark.parametrize("path", [ASYNC, PROGRESS])
async def test_a_request_that_is_not_pending_is_not_found(app: AsgiApp, path: str, request_id: object) -> None:
    answer = await post_json(app, path, {"request_id": request_id})
    assert (answer.status, answer.json) == (404, {"error": "Request not found"})


@pytest.mark.parametrize("status", ["FAILED", "failed", "error", "Error"])
async def test_a_failure_is_one_in_any_spelling(app: AsgiApp, run: Run, status: str) -> None:
    await post_json(app, ASYNC, {"request_id": run.request_id, "status": status, "data": {"dropped": 1}})
    assert await run.result() == {
        "requestId": run.request_id,
        "executionId": run.execution_id,
        "status": "FAILED",
        "error": {"code": -32000, "message": "Playbook execution failed", "data": None},
    }


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"message": "boom"}, {"code": -32000, "message": "boom", "data": None}),
        ({"code": 7, "message": "boom", "data": [1]}, {"code": 7, "message": "boom", "data": [1]}),
        ({"code": "-32001", "message": 5}, {"code": -32001, "message": "5", "data": None}),
        ({"code": "none", "message": True}, {"code": -32000, "message": "true", "data": None}),
        ({"code": 0, "message": ""}, {"code": 0, "message": "", "data": None}),
    ],
)
async def test_an_error_says_what_went_wrong(
    app: AsgiApp, run: Run, error: dict[str, object], told: dict[str, object]
) -> None:
    await post_json(app, ASYNC, {"request_id": run.request_id, "error": error})
    result = await run.result()
    assert (result["status"], result["error"]) == ("FAILED", told)


async def test_a_status_that_is_not_said_is_completed(app: AsgiApp, run: Run) -> None:
    await post_json(app, ASYNC, {"request_id": run.request_id, "status": None, "error": None})
    result = await run.result()
    assert (result["status"], result["data"]) == ("COMPLETED", None)


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({}, (None, None, None)),
        ({"step": "s", "message": "m", "progress": 0.5}, ("s", "m", 0.5)),
        ({"step": 3, "message": 4, "progress": "75"}, ("3", "4", 75)),
        ({"message": False, "progress": "none"}, (None, "false", None)),
        ({"progress": 1e300}, (None, None, 1e300)),
    ],
)
async def test_progress_is_passed_on(
    app: AsgiApp, run: Run, members: dict[str, object], told: tuple[object, object, object]
) -> None:
    answer = await post_json(app, PROGRESS, {"request_id": run.request_id, **members})
    assert (answer.status, answer.json) == (200, {"status": "sent"})
    result = await run.result()
    assert (result["step"], result["message"], result["progress"]) == told
    assert (result["requestId"], result["executionId"]) == (run.request_id, run.execution_id)


@pytest.mark.parametrize("path", [ASYNC, PROGRESS])
async def test_nothing_is_acknowledged_that_was_not_stored(app: AsgiApp, run: Run, bus: MemoryBus, path: str) -> None:
    bus.outage()
    answer = await post_json(app, path, {"request_id": run.request_id})
    assert (answer.status, answer.header(b"retry-after")) == (503, b"2")
    bus.recovery()
    assert (await post_json(app, path, {"request_id": run.request_id})).status in (200, 202)


@pytest.mark.parametrize("path", [AUTH, ASYNC, PROGRESS])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"request_id":"a","data":"\xff"}', 400),
        (b"{}", 422),
        (b'{"request_id":null}', 422),
        (b'{"request_id":["a"]}', 422),
        (b'{"request_id":"a","execution_id":1.5}', 422),
        (b"x" * (LIMIT + 1), 413),
    ],
)
async def test_a_body_that_is_no_callback_is_refused(app: AsgiApp, path: str, body: bytes, status: int) -> None:
    answer = await ask(app, "POST", path, [JSON_TYPE], body)
    assert (answer.status, answer.header(b"content-type")) == (status, b"text/plain; charset=utf-8")
    assert (await ask(app, "POST", path, (), body)).status == 415


async def test_an_error_without_a_message_is_refused(app: AsgiApp, run: Run) -> None:
    answer = await post_json(app, ASYNC, {"request_id": run.request_id, "error": {"code": 1}})
    assert answer.status == 422
    assert answer.body.decode().endswith("missing field `message`")


async def test_a_large_result_is_taken_up_to_its_own_limit(gateway: Gateway, run: Run) -> None:
    """More than the framework would take by itself."""
    app = app_of(gateway, limit=16 * 1024 * 1024)
    size = 11 * 1024 * 1024
    content = b'{"request_id":"%b","data":"%b"}' % (run.request_id.encode(), b"x" * size)
    answer = await ask(app, "POST", ASYNC, [JSON_TYPE, (b"content-length", b"%d" % len(content))], content)
    assert answer.status == 202
    assert len((await run.frames())[-1].data) > size


BEARER = (b"authorization", b"Bearer t0ken")


@pytest.mark.parametrize("path", [AUTH, ASYNC, PROGRESS])
@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"Bearer T0ken")],
        [(b"authorization", b"t0ken")],
        [(b"authorization", b"bearer t0ken")],
        [(b"authorization", b"Bearer t0ken ")],
        [(b"authorization", b"Bearer \xff")],
        [(b"x-session-token", b"t0ken")],
    ],
)
async def test_where_a_token_is_needed_nothing_else_will_do(
    gateway: Gateway, run: Run, path: str, headers: list[tuple[bytes, bytes]]
) -> None:
    answer = await post_json(app_of(gateway, "t0ken"), path, {"request_id": run.request_id}, headers)
    assert (answer.status, answer.json) == (403, {"error": "This route needs the internal token."})
    assert await run.frames() == []


async def test_the_token_is_looked_at_before_the_body(gateway: Gateway) -> None:
    exchange = Exchange([b"never read"])
    await app_of(gateway, "t0ken")(scope_of("POST", ASYNC, [JSON_TYPE]), exchange.receive, exchange.send)
    assert exchange.answer.status == 403
    assert (await exchange.receive())["body"] == b"never read"


@pytest.mark.parametrize(("path", "status"), [(AUTH, 200), (ASYNC, 202), (PROGRESS, 200)])
async def test_with_the_token_it_is_as_without_the_wall(gateway: Gateway, run: Run, path: str, status: int) -> None:
    answer = await post_json(app_of(gateway, "t0ken"), path, {"request_id": run.request_id}, [BEARER])
    assert answer.status == status


async def test_a_worker_that_leaves_delivers_nothing(app: AsgiApp, run: Run) -> None:
    content = b'{"request_id":"%b"}' % run.request_id.encode()
    exchange = Exchange([content], leaves=True)
    headers: Fields = [JSON_TYPE, (b"content-length", b"%d" % (len(content) + 10))]
    await app(scope_of("POST", ASYNC, headers), exchange.receive, exchange.send)
    await asyncio.sleep(0)
    assert await run.frames() == []

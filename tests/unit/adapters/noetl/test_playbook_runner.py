import pytest
from tests.unit.adapters.noetl.scripted_upstream import Answer, ScriptedUpstream, recorded_request, replayed, says

from adapters.noetl.api_client import NoetlApi
from adapters.noetl.playbook_runner import NoetlPlaybookRunner
from domain.errors import (
    BackEndTrouble,
    ExecutionRefused,
    UpstreamMisbehaved,
    UpstreamSuspended,
    UpstreamTimedOut,
    UpstreamUnreachable,
)
from domain.identity import Session
from domain.playbooks import Execution, ExecutionOrder, ResourceKind
from domain.ports.playbook_runner import PlaybookRunner

ID = "766633604884463618"
HELLO = "fixtures/playbooks/hello_world"
REFUSED = "Execute catalog entry failed (resource_kind=playbook): "


@pytest.fixture
def runner(api: NoetlApi) -> PlaybookRunner:
    return NoetlPlaybookRunner(api)


async def test_a_run_is_started_as_the_real_server_expects_it(
    runner: PlaybookRunner, upstream: ScriptedUpstream
) -> None:
    upstream.script.append(replayed("execute_ok"))
    execution = await runner.execute(ExecutionOrder(path=HELLO, workload={"message": "hi from capture"}))
    recorded = recorded_request("execute_ok")
    assert execution == Execution(execution_id=ID, status="started")
    assert (upstream.only.method, upstream.only.target) == (recorded["method"], recorded["path"])
    assert upstream.only.json == recorded["body"]


async def test_a_run_is_started_by_catalog_id(runner: PlaybookRunner, upstream: ScriptedUpstream) -> None:
    upstream.script.append(replayed("execute_by_catalog_id"))
    execution = await runner.execute(ExecutionOrder(catalog_id="766633604792188929", workload={}))
    assert execution.execution_id == "766633622886416440"
    assert upstream.only.json == {
        "catalog_id": "766633604792188929",
        "workload": {},
        "resource_kind": "playbook",
    }


async def test_an_agent_and_further_members_are_named_in_the_order(
    runner: PlaybookRunner, upstream: ScriptedUpstream
) -> None:
    upstream.script.append(says({"execution_id": ID, "status": "duplicate", "commands_generated": 0}))
    order = ExecutionOrder(
        path="agents/mcp", workload={}, resource_kind=ResourceKind.AGENT, extras={"execution_pool": "fast"}
    )
    assert (await runner.execute(order)).status == "duplicate"
    assert upstream.only.json["resource_kind"] == "agent"
    assert upstream.only.json["execution_pool"] == "fast"


async def test_an_integer_execution_id_keeps_all_its_digits(
    runner: PlaybookRunner, upstream: ScriptedUpstream
) -> None:
    upstream.script.append(Answer(body=b'{"execution_id":9223372036854775807,"status":"started"}'))
    assert (await runner.execute(ExecutionOrder(path=HELLO))).execution_id == "9223372036854775807"


async def test_a_name_or_path_in_the_answer_becomes_the_name(
    runner: PlaybookRunner, upstream: ScriptedUpstream
) -> None:
    upstream.script += [
        says({"execution_id": "1", "path": "a/b"}),
        says({"execution_id": "1", "name": "B", "path": "a/b"}),
    ]
    assert (await runner.execute(ExecutionOrder(path=HELLO))).name == "a/b"
    assert (await runner.execute(ExecutionOrder(path=HELLO))).name == "B"


@pytest.mark.parametrize(
    ("recording", "status", "text"),
    [
        ("execute_404", 404, "404 Not Found - Executable catalog entry not found: no/such/playbook"),
        ("execute_422_badjson", 422, "422 Unprocessable Entity - JSON decode error"),
        (
            "execute_422_empty",
            422,
            "422 Unprocessable Entity - Value error, Either 'path' or 'catalog_id' must be provided",
        ),
        ("execute_bad_kind", 422, "422 Unprocessable Entity - Catalog kind 'credential' is not executable"),
        ("method_not_allowed", 405, "405 Method Not Allowed - Method Not Allowed"),
    ],
)
async def test_a_refused_execution_is_explained_in_the_known_words(
    runner: PlaybookRunner, upstream: ScriptedUpstream, recording: str, status: int, text: str
) -> None:
    upstream.script.append(replayed(recording))
    with pytest.raises(ExecutionRefused) as raised:
        await runner.execute(ExecutionOrder(path="no/such/playbook"))
    assert raised.value.status == status
    assert str(raised.value) == REFUSED + text


async def test_a_server_error_is_told_by_its_status_alone(runner: PlaybookRunner, upstream: ScriptedUpstream) -> None:
    upstream.script.append(says({"error": "pool at postgres://10.0.0.7 exhausted", "status": 500}, 500))
    with pytest.raises(ExecutionRefused) as raised:
        await runner.execute(ExecutionOrder(path=HELLO, resource_kind=ResourceKind.AGENT))
    assert str(raised.value) == "Execute catalog entry failed (resource_kind=agent): 500 Internal Server Error"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"execution_id":null}',
        b'{"execution_id":""}',
        b'{"execution_id":"  "}',
        b'{"execution_id":true}',
        b'{"execution_id":7.66633604884463618e17}',
        b'{"execution_id":{"id":"1"}}',
    ],
)
async def test_an_answer_without_an_execution_id_is_not_understood(
    runner: PlaybookRunner, upstream: ScriptedUpstream, body: bytes
) -> None:
    upstream.script.append(Answer(body=body))
    with pytest.raises(UpstreamMisbehaved) as raised:
        await runner.execute(ExecutionOrder(path=HELLO))
    assert str(raised.value) == "parse execution response"


@pytest.mark.parametrize("kind", [UpstreamUnreachable, UpstreamSuspended, UpstreamTimedOut])
async def test_trouble_on_the_way_is_told_by_what_was_sent(
    runner: PlaybookRunner, upstream: ScriptedUpstream, kind: type[BackEndTrouble]
) -> None:
    upstream.script += [kind("connect to 10.0.0.7:8082 failed") for _ in range(3)]
    with pytest.raises(kind, match=r"^execute_catalog_entry: send\b") as raised:
        await runner.execute(ExecutionOrder(path=HELLO))
    assert "10.0.0.7" not in str(raised.value)
    with pytest.raises(kind, match=r"^rerun_execution: send\b"):
        await runner.rerun(ID, {})
    with pytest.raises(kind, match=r"^cancel_execution: send\b"):
        await runner.cancel(ID, "x")


async def test_a_silent_server_is_not_waited_for(hasty_api: NoetlApi, upstream: ScriptedUpstream) -> None:
    upstream.script.append(Answer(body=b"{", endless=True))
    with pytest.raises(UpstreamTimedOut):
        await NoetlPlaybookRunner(hasty_api).execute(ExecutionOrder(path=HELLO))


async def test_what_a_session_starts_is_started_in_its_name(
    runner: PlaybookRunner, upstream: ScriptedUpstream, session: Session
) -> None:
    upstream.script += [replayed("execute_ok"), says({"execution_id": ID})]
    await runner.execute(ExecutionOrder(path=HELLO, on_behalf_of=session))
    await runner.rerun(ID, {}, session)
    assert [asked.headers[b"x-session-token"] for asked in upstream.asked] == [session.token.text.encode()] * 2


async def test_what_the_gateway_starts_carries_no_session(runner: PlaybookRunner, upstream: ScriptedUpstream) -> None:
    upstream.script += [replayed("execute_ok"), replayed("cancel_ok")]
    await runner.execute(ExecutionOrder(path=HELLO))
    await runner.cancel(ID, "late")
    assert not any(name.startswith(b"x-") for asked in upstream.asked for name in asked.headers)


async def test_neither_server_can_rerun_today(runner: PlaybookRunner, upstream: ScriptedUpstream) -> None:
    upstream.script.append(replayed("execution_rerun_python"))
    with pytest.raises(ExecutionRefused) as raised:
        await runner.rerun(ID, {"message": "again"})
    recorded = recorded_request("execution_rerun_python")
    assert (upstream.only.target, upstream.only.json) == (recorded["path"], recorded["body"])
    assert str(raised.value) == "Rerun execution failed: 404 Not Found - Not Found"


async def test_a_rerun_that_works_names_the_new_run(runner: PlaybookRunner, upstream: ScriptedUpstream) -> None:
    upstream.script.append(says({"execution_id": 2**62, "status": "started", "path": HELLO}))
    assert await runner.rerun(ID, {}) == Execution(execution_id=str(2**62), name=HELLO, status="started")


@pytest.mark.parametrize("recording", ["cancel_ok", "cancel_completed", "cancel_twice"])
async def test_a_cancelled_or_ended_run_counts_as_cancelled(
    runner: PlaybookRunner, upstream: ScriptedUpstream, recording: str
) -> None:
    upstream.script.append(replayed(recording))
    recorded = recorded_request(recording)
    execution_id = recorded["path"].split("/")[3]
    await runner.cancel(execution_id, recorded["body"]["reason"])
    assert (upstream.only.method, upstream.only.target) == (recorded["method"], recorded["path"])
    assert upstream.only.json == recorded["body"]


@pytest.mark.parametrize(
    "answer",
    [
        says({"execution_id": 766633604884463618, "status": "cancelled", "message": "ok"}),
        says({"error": "execution is already completed", "status": 422}, 422),
    ],
    ids=["cancelled", "already terminal"],
)
async def test_the_rust_servers_ways_to_cancel_are_understood(
    runner: PlaybookRunner, upstream: ScriptedUpstream, answer: Answer
) -> None:
    upstream.script.append(answer)
    await runner.cancel(ID, "late")


async def test_an_unknown_run_cannot_be_cancelled(runner: PlaybookRunner, upstream: ScriptedUpstream) -> None:
    upstream.script.append(replayed("cancel_404"))
    with pytest.raises(ExecutionRefused) as raised:
        await runner.cancel("1", "x")
    assert str(raised.value) == "Cancel execution failed: 404 Not Found - Execution 1 not found"


async def test_an_id_cannot_leave_its_place_in_the_path(runner: PlaybookRunner, upstream: ScriptedUpstream) -> None:
    upstream.script += [says({}), says({"execution_id": "1"}), says({"completed": False})]
    await runner.cancel("../auth?x=é", "x")
    await runner.rerun("../auth", {})
    await runner.status("../auth")
    assert [asked.target for asked in upstream.asked] == [
        "/api/executions/..%2Fauth%3Fx%3D%C3%A9/cancel",
        "/api/executions/..%2Fauth/rerun",
        "/api/executions/..%2Fauth/status",
    ]

import pytest
from tests.unit.adapters.noetl.scripted_upstream import BASE_URL, Answer, ScriptedUpstream, Silence, says

from adapters.noetl.api_client import NoetlApi, Reply
from adapters.noetl.wire import DetailReply
from domain.errors import UpstreamMisbehaved, UpstreamTimedOut, UpstreamUnreachable
from domain.identity import Session


async def test_a_post_sends_json_of_announced_length(api: NoetlApi, upstream: ScriptedUpstream) -> None:
    upstream.script.append(says({"ok": True}, 201))
    reply = await api.post("/api/execute", {"id": 766633604884463618, "text": "é"})
    asked = upstream.only
    assert (reply.status, reply.body) == (201, b'{"ok":true}')
    assert (asked.method, asked.base_url, asked.target) == ("POST", BASE_URL, "/api/execute")
    assert asked.body == '{"id":766633604884463618,"text":"é"}'.encode()
    assert asked.content_length == len(asked.body)
    assert asked.headers == {b"accept": b"application/json", b"content-type": b"application/json"}


async def test_a_get_sends_no_body_and_no_content_type(api: NoetlApi, upstream: ScriptedUpstream) -> None:
    upstream.script.append(says([]))
    await api.get("/api/executions/1")
    asked = upstream.only
    assert (asked.method, asked.body, asked.content_length) == ("GET", None, None)
    assert asked.headers == {b"accept": b"application/json"}


async def test_a_get_can_carry_headers_of_its_own(api: NoetlApi, upstream: ScriptedUpstream) -> None:
    upstream.script.append(says([]))
    await api.get_with("/api/internal/ingress/orders", ((b"authorization", b"Bearer t"),))
    assert upstream.only.headers == {b"accept": b"application/json", b"authorization": b"Bearer t"}


async def test_a_call_on_behalf_of_a_session_carries_its_identity(
    api: NoetlApi, upstream: ScriptedUpstream, session: Session
) -> None:
    upstream.script.append(says({}))
    await api.post("/api/execute", {}, on_behalf_of=session)
    assert upstream.only.headers == {
        b"accept": b"application/json",
        b"content-type": b"application/json",
        b"x-user-id": b"7",
        b"x-user-email": b"ada@example.test",
        b"x-user-roles": b"admin,developer",
        b"x-session-token": b"46d43dee4e2c3a47af4b75c00a048713",
    }


async def test_a_call_for_nobody_carries_no_identity(api: NoetlApi, upstream: ScriptedUpstream) -> None:
    upstream.script.append(says({}))
    await api.post("/api/execute", {})
    assert not [name for name in upstream.only.headers if name.startswith(b"x-")]


@pytest.mark.parametrize(
    "step", [Silence(), Answer(body=b'{"execution_id":', endless=True)], ids=["no head", "no end of the body"]
)
async def test_the_deadline_covers_the_call_from_sending_to_the_last_byte(
    hasty_api: NoetlApi, upstream: ScriptedUpstream, step: Answer | Silence
) -> None:
    upstream.script.append(step)
    with pytest.raises(UpstreamTimedOut):
        await hasty_api.get("/api/executions/1")
    assert upstream.left == 1


async def test_what_the_upstream_raises_passes_through(api: NoetlApi, upstream: ScriptedUpstream) -> None:
    upstream.script += [UpstreamUnreachable(), Answer(body=b"{", torn=UpstreamMisbehaved())]
    with pytest.raises(UpstreamUnreachable):
        await api.get("/")
    with pytest.raises(UpstreamMisbehaved):
        await api.get("/")


async def test_an_endless_answer_is_not_kept_in_memory(api: NoetlApi, upstream: ScriptedUpstream) -> None:
    upstream.script.append(Answer(body=bytes(16 * 1024 * 1024 + 1), endless=True))
    with pytest.raises(UpstreamMisbehaved):
        await api.get("/")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff", b'{"path":[]}', b"[" * 100_000])
def test_an_answer_of_another_kind_is_misbehaviour(body: bytes) -> None:
    with pytest.raises(UpstreamMisbehaved) as raised:
        Reply(200, body).decoded(DetailReply)
    assert str(raised.value) == "NoETL gave an answer that the gateway does not understand."


@pytest.mark.parametrize(
    ("reply", "explanation"),
    [
        (Reply(404, b'{"detail":"Not Found"}'), "404 Not Found - Not Found"),
        (Reply(422, b'{"error":"no such playbook","status":422}'), "422 Unprocessable Entity - no such playbook"),
        (Reply(409, b'{"error":{"why":"busy"}}'), '409 Conflict - {"why":"busy"}'),
        (Reply(400, b"<html>nginx</html>"), "400 Bad Request"),
        (Reply(404, b""), "404 Not Found"),
        (Reply(404, b'{"message":"x"}'), "404 Not Found"),
        (Reply(302, b'{"detail":"x"}'), "302 Found"),
        (Reply(499, b""), "499"),
    ],
)
def test_a_refusal_is_explained_by_status_and_what_the_server_says(reply: Reply, explanation: str) -> None:
    assert reply.explanation() == explanation


@pytest.mark.parametrize("status", [500, 502, 503, 599])
def test_of_server_errors_only_the_status_is_told(status: int) -> None:
    body = b'{"detail":"psycopg: connection to postgres://noetl:secret@10.0.0.7:5432 failed"}'
    explanation = Reply(status, body).explanation()
    assert explanation.startswith(str(status))
    assert "-" not in explanation
    assert "postgres" not in explanation


def test_an_explanation_holds_no_internal_address() -> None:
    body = b'{"detail":"worker at http://10.0.0.7:8083/api?key=s3cret refused, see nats://u:p@nats:4222."}'
    explanation = Reply(424, body).explanation()
    assert explanation == "424 Failed Dependency - worker at [address] refused, see [address]"


def test_problems_of_a_body_are_told_without_the_body() -> None:
    """FastAPI repeats the input beside each problem, and the input of an auth playbook holds a token."""
    body = b'{"detail":[{"loc":["body"],"msg":"Field required","input":{"auth0_token":"eyJ"}},{"msg":"Too long"}]}'
    assert Reply(422, body).explanation() == "422 Unprocessable Entity - Field required; Too long"


def test_a_long_explanation_is_cut() -> None:
    assert len(Reply(400, b'{"detail":"%b"}' % (b"x" * 5000)).explanation()) < 350

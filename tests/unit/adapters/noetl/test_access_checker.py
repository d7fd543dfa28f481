import pytest
from tests.unit.adapters.noetl.scripted_upstream import Answer, ScriptedUpstream, Silence, replayed, says
from tests.unit.demo.captures import capture

from adapters.noetl.access_checker import NoetlAccessChecker
from adapters.noetl.api_client import NoetlApi
from domain.access import AccessDecision
from domain.errors import AuthBackEndFailed, AuthBackEndUnavailable
from domain.identity import SessionToken, User
from domain.ports.access_checker import AccessChecker

TOKEN = SessionToken("cedcfc6eb93736393c4595c8f4df690c", True)
HELLO = "fixtures/playbooks/hello_world"


@pytest.fixture
def checker(api: NoetlApi) -> AccessChecker:
    return NoetlAccessChecker(api=api, credential="pg_auth")


def enveloped(recording: str) -> Answer:
    """The Rust server answers with the same data as the playbook."""
    return says({"status": "success", "data": capture(recording)["body"]["data"]})


async def test_the_question_names_session_playbook_and_action(
    checker: AccessChecker, upstream: ScriptedUpstream
) -> None:
    upstream.script.append(enveloped("access_granted_admin_callback"))
    await checker.check(TOKEN, HELLO, "execute")
    assert (upstream.only.method, upstream.only.target) == ("POST", "/api/auth/check-playbook-access")
    assert upstream.only.json == {
        "session_token": TOKEN.text,
        "playbook_path": HELLO,
        "action": "execute",
        "credential": "pg_auth",
    }


async def test_granted_access_is_granted_to_somebody(checker: AccessChecker, upstream: ScriptedUpstream) -> None:
    upstream.script.append(enveloped("access_granted_admin_callback"))
    assert await checker.check(TOKEN, HELLO, "execute") == AccessDecision(
        allowed=True,
        message="Access granted to execute playbook",
        user=User(user_id=1, email="alice@example.com", display_name="Alice Example"),
    )


@pytest.mark.parametrize("recording", ["access_denied_no_role_callback", "access_no_session_callback"])
async def test_denied_access_is_a_decision(
    checker: AccessChecker, upstream: ScriptedUpstream, recording: str
) -> None:
    upstream.script.append(enveloped(recording))
    assert await checker.check(TOKEN, HELLO, "execute") == AccessDecision(allowed=False, message="Access denied")


async def test_a_user_id_may_be_text_and_a_user_may_be_null(
    checker: AccessChecker, upstream: ScriptedUpstream
) -> None:
    user = {"user_id": "7", "email": "a@b.test"}
    upstream.script += [
        says({"status": "success", "data": {"allowed": "true", "user": user}}),
        says({"status": "success", "data": {"allowed": True, "user": None}}),
    ]
    first = await checker.check(TOKEN, HELLO, "execute")
    assert first.allowed
    assert first.user == User(user_id=7, email="a@b.test", display_name="a@b.test")
    assert (await checker.check(TOKEN, HELLO, "execute")).user is None


@pytest.mark.parametrize("allowed", [None, "yes", 2, [], {}])
async def test_only_a_true_is_a_yes(checker: AccessChecker, upstream: ScriptedUpstream, allowed: object) -> None:
    upstream.script.append(says({"status": "success", "data": {"allowed": allowed}}))
    assert not (await checker.check(TOKEN, HELLO, "execute")).allowed


@pytest.mark.parametrize(
    "answer",
    [
        says({"status": "error", "data": {"error": "pool at 10.0.0.7", "message": "Access check failed"}}),
        says({"status": "error", "data": {"allowed": True}}),
        says({"data": {"allowed": True}}),
        says({"status": "success"}),
        says({"status": "success", "data": {}}),
    ],
)
async def test_trouble_is_no_decision(checker: AccessChecker, upstream: ScriptedUpstream, answer: Answer) -> None:
    upstream.script.append(answer)
    with pytest.raises(AuthBackEndUnavailable) as raised:
        await checker.check(TOKEN, HELLO, "execute")
    assert str(raised.value) == "Access check backend unavailable"


async def test_a_server_without_the_route_decides_nothing(checker: AccessChecker, upstream: ScriptedUpstream) -> None:
    upstream.script.append(replayed("sync_check_access_python"))
    with pytest.raises(AuthBackEndFailed) as raised:
        await checker.check(TOKEN, HELLO, "execute")
    assert str(raised.value) == "Check access (sync) failed: API request failed: 404"


async def test_a_silent_server_is_unavailable(hasty_api: NoetlApi, upstream: ScriptedUpstream) -> None:
    upstream.script.append(Silence())
    with pytest.raises(AuthBackEndUnavailable, match=r"^Check access \(sync\) failed: "):
        await NoetlAccessChecker(api=hasty_api, credential="x").check(TOKEN, HELLO, "execute")

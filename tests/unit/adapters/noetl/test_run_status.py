import pytest
from tests.unit.adapters.noetl.scripted_upstream import Answer, ScriptedUpstream, recorded_request, replayed, says
from tests.unit.demo.captures import capture

from adapters.noetl.api_client import NoetlApi
from adapters.noetl.playbook_runner import NoetlPlaybookRunner
from domain.errors import UpstreamMisbehaved, UpstreamUnreachable
from domain.playbooks import RunStatus
from domain.ports.playbook_runner import PlaybookRunner

ID = "766633604884463618"


@pytest.fixture
def runner(api: NoetlApi) -> PlaybookRunner:
    return NoetlPlaybookRunner(api)


async def test_a_running_run_is_running(runner: PlaybookRunner, upstream: ScriptedUpstream) -> None:
    recorded = recorded_request("execution_status_running")
    upstream.script.append(replayed("execution_status_running"))
    assert await runner.status("766633644134760649") is RunStatus.RUNNING
    assert (upstream.only.method, upstream.only.target) == (recorded["method"], recorded["path"])


async def test_a_failed_run_has_failed(runner: PlaybookRunner, upstream: ScriptedUpstream) -> None:
    upstream.script.append(replayed("execution_status_failed"))
    assert await runner.status(ID) is RunStatus.FAILED


@pytest.mark.parametrize(
    ("recording", "detail", "status"),
    [
        ("execution_status_completed", "COMPLETED", RunStatus.COMPLETED),
        ("execution_status_cancelled", "CANCELLED", RunStatus.CANCELLED),
    ],
)
async def test_a_completed_run_is_asked_for_how_it_ended(
    runner: PlaybookRunner, upstream: ScriptedUpstream, recording: str, detail: str, status: RunStatus
) -> None:
    """A cancelled run reads `completed`, too."""
    upstream.script += [replayed(recording), says({"execution_id": ID, "status": detail, "path": "a/b"})]
    assert await runner.status(ID) is status
    assert [asked.target for asked in upstream.asked] == [
        f"/api/executions/{ID}/status",
        f"/api/executions/{ID}?page_size=10",
    ]


@pytest.mark.parametrize("number", range(len(capture("status_premature_completed"))))
async def test_an_inferred_completion_is_none_unless_the_detail_confirms_it(
    runner: PlaybookRunner, upstream: ScriptedUpstream, number: int
) -> None:
    moment = capture("status_premature_completed")[number]
    upstream.script += [says(moment["status_body"]), says({"status": moment["detail_status"]})]
    completed = moment["status_body"]["completed"]
    expected = RunStatus(moment["detail_status"].lower()) if completed else RunStatus.RUNNING
    assert await runner.status(moment["execution_id"]) is expected


@pytest.mark.parametrize("detail", [says({"status": "RUNNING"}), says({}), replayed("detail_404"), says({}, 500)])
async def test_a_completion_that_the_detail_does_not_confirm_is_unknown(
    runner: PlaybookRunner, upstream: ScriptedUpstream, detail: Answer
) -> None:
    upstream.script += [replayed("execution_status_completed"), detail]
    assert await runner.status(ID) is RunStatus.UNKNOWN


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("RUNNING", RunStatus.RUNNING),
        ("COMPLETED", RunStatus.COMPLETED),
        ("FAILED", RunStatus.FAILED),
        ("CANCELLED", RunStatus.CANCELLED),
        ("cancelled", RunStatus.CANCELLED),
        ("CANCELED", RunStatus.CANCELLED),
        ("PAUSED", RunStatus.UNKNOWN),
    ],
)
async def test_the_rust_server_says_it_in_one_word(
    runner: PlaybookRunner, upstream: ScriptedUpstream, word: str, status: RunStatus
) -> None:
    progress = {"total_steps": 3, "completed_steps": 1, "running_steps": 1, "failed_steps": 0}
    upstream.script.append(
        says(
            {
                "execution_id": 766633604884463618,
                "status": word,
                "current_step": None,
                "progress": progress,
                "is_cancelled": False,
            }
        )
    )
    assert await runner.status(ID) is status
    assert len(upstream.asked) == 1


@pytest.mark.parametrize(
    "answer", [replayed("detail_404"), says({"error": "bad id", "status": 400}, 400), says({}, 503)]
)
async def test_a_refused_question_leaves_the_status_unknown(
    runner: PlaybookRunner, upstream: ScriptedUpstream, answer: Answer
) -> None:
    upstream.script.append(answer)
    assert await runner.status(ID) is RunStatus.UNKNOWN


async def test_trouble_on_the_way_is_raised(runner: PlaybookRunner, upstream: ScriptedUpstream) -> None:
    upstream.script += [UpstreamUnreachable(), Answer(body=b"<html>")]
    with pytest.raises(UpstreamUnreachable):
        await runner.status(ID)
    with pytest.raises(UpstreamMisbehaved):
        await runner.status(ID)

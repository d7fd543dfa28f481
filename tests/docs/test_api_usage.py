"""Every snippet of the API guide, run as it stands against the demo."""

import pytest
from tests.docs.running import Reader
from tests.docs.snippets import Snippet, told
from tests.docs.typescript import run_typescript

_PAGE = "api-usage.md"
_SH_ANSWERS = {
    "/api/auth/validate": ('"valid":true', '"allowed":true'),
    "executePlaybook": ('"executionId"',),
    "demo/agents/assistant": ('"execution_id"',),
    "/cancel": ('"completed":false', '"status":"cancelled"'),
}


@pytest.mark.parametrize("snippet", told(_PAGE, "sh"))
async def test_a_shell_snippet_does_what_it_says(reader: Reader, snippet: Snippet) -> None:
    printed = await reader.runs_shell(snippet.text)
    assert '"errors"' not in printed and '"error"' not in printed, printed
    wanted = next((answers for part, answers in _SH_ANSWERS.items() if part in snippet.text), ('"session_token"',))
    for answer in wanted:
        assert answer.lower() in printed.lower(), printed


@pytest.mark.parametrize("snippet", told(_PAGE, "python"))
async def test_a_python_snippet_sees_its_result_arrive(reader: Reader, snippet: Snippet) -> None:
    printed = await reader.runs_python(snippet.text)
    assert "progress:" in printed
    assert "result:" in printed


@pytest.mark.parametrize("snippet", told(_PAGE, "ts"))
async def test_a_typescript_snippet_compiles_strictly_and_sees_its_result_arrive(
    reader: Reader, snippet: Snippet
) -> None:
    assert "result:" in await run_typescript(reader, snippet.text)

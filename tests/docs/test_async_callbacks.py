"""Every snippet about live results, run as it stands against the demo. The one for browsers: `make test-browser`."""

import pytest
from graphql import parse, validate
from tests.docs.running import Reader
from tests.docs.snippets import Snippet, told
from tests.docs.typescript import run_typescript

from entrypoints.graphql.schema import build_schema

_PAGE = "async-callbacks.md"
_SH_ANSWERS = {
    "executionEvents": ("event: next", '"eventType":"playbook.completed"', "event: complete"),
    "/api/events/poll": ('"requestId"', '"frames":[{', '"position"'),
}


@pytest.mark.parametrize("snippet", told(_PAGE, "sh"))
async def test_a_shell_snippet_gets_its_frames(reader: Reader, snippet: Snippet) -> None:
    printed = await reader.runs_shell(snippet.text)
    (wanted,) = [answers for part, answers in _SH_ANSWERS.items() if part in snippet.text][:1]
    for answer in wanted:
        assert answer in printed, printed
    assert '"errors"' not in printed and '"error"' not in printed, printed


@pytest.mark.parametrize("snippet", told(_PAGE, "python"))
async def test_a_python_snippet_sees_its_result_arrive(reader: Reader, snippet: Snippet) -> None:
    printed = await reader.runs_python(snippet.text)
    for part in ("client:", "progress:", "result:"):
        assert part in printed


@pytest.mark.parametrize("snippet", told(_PAGE, "ts"))
async def test_a_typescript_snippet_compiles_strictly_and_sees_its_result_arrive(
    reader: Reader, snippet: Snippet
) -> None:
    printed = await run_typescript(reader, snippet.text)
    assert "progress:" in printed and "result:" in printed


@pytest.mark.parametrize("snippet", told(_PAGE, "graphql"))
def test_a_graphql_snippet_fits_the_schema(snippet: Snippet) -> None:
    assert validate(build_schema(), parse(snippet.text)) == []

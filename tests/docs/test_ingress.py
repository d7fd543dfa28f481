"""The guide about push ingress: its Python is run, and its tables say what the gateway does."""

import re

import msgspec
import pytest
from tests.docs.running import Reader
from tests.docs.snippets import DOCS, Snippet, snippets, told

from adapters.noetl.ingress_listeners import ListenerReply
from domain.ingress.directive_block import parse_directives
from domain.ingress.directives import Control
from domain.ingress.listeners import Verification
from domain.ingress.rejections import Reason
from entrypoints.demo.noetl.listeners import demo_listeners
from entrypoints.http.ingress.replies import STATUS

_PAGE = "ingress.md"
_TEXT = (DOCS / _PAGE).read_text(encoding="utf-8")


def part(heading: str) -> str:
    return _TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("snippet", told(_PAGE, "python"))
async def test_a_python_snippet_is_accepted(reader: Reader, snippet: Snippet) -> None:
    assert re.search(r'^202 \{"status":"accepted","execution_id":"\d+"\}$', await reader.runs_python(snippet.text))


def test_each_reason_is_in_the_table_with_its_status_and_no_other_is() -> None:
    rows = re.findall(r"^\| (\d{3}) \| `([a-z_]+)` \|", part("What is answered"), re.MULTILINE)
    assert {(int(status), reason) for status, reason in rows} == {
        (status, reason.value) for reason, status in STATUS.items()
    }
    assert len(rows) == len(Reason)


def test_each_scheme_is_in_the_table_with_its_header() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([a-z-]+)` \|", part("Five ways to prove a delivery"), re.MULTILINE)
    assert {scheme: Verification(scheme=scheme).carrier for scheme, _ in rows} == dict(rows)
    assert len(rows) == 5


def test_each_scheme_has_a_chapter_and_a_listener_of_the_demo() -> None:
    chapters = set(re.findall(r"^### (\w+)$", _TEXT, re.MULTILINE))
    verified = [listener["verify"] for listener in demo_listeners().values()]
    assert chapters == {str(block["type"]) for block in verified if isinstance(block, dict)}


def test_each_thing_that_a_directive_controls_is_in_the_table() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \|", part("Directives"), re.MULTILINE)
    assert rows == ["controls", *(control.value for control in Control)]


def test_the_listener_that_is_shown_is_understood() -> None:
    (shown,) = [one.text for one in snippets(_PAGE) if one.language == "json"]
    reply = msgspec.json.decode(shown, type=ListenerReply)
    assert reply.dispatch.execution_pool == "small"
    assert len(parse_directives(reply.directives).rules) == 3

"""The snippets of a guide, in its order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Snippet:
    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def snippets(page: str) -> list[Snippet]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return [
        Snippet(page, text[: found.start()].count("\n") + 2, found[1], found[2]) for found in _FENCE.finditer(text)
    ]


def told(page: str, *languages: str) -> Sequence[object]:
    """Parameters for a test: the page's snippets in these languages, of which there must be one."""
    found = [pytest.param(one, id=str(one)) for one in snippets(page) if one.language in languages]
    assert found, f"{page} has no {languages}"
    return found

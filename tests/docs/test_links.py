"""Links and file names in the guides lead somewhere. `make docs` checks links among the pages and their anchors."""

import re
from pathlib import Path

import pytest
from tests.docs.snippets import DOCS, ROOT

_PAGES = [*sorted(DOCS.glob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_NAMED_FILE = re.compile(r"\b((?:infra|src|docs|tests|benchmarks|requirements)/[A-Za-z0-9_./-]*[A-Za-z0-9_])")
_TARGET = re.compile(r"\bmake ([a-z-]+)")
_MADE = {"infra/gke/.run"}
"""What exists after a run alone."""


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_links_and_files_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    places = [link.split("#")[0] for link in _LINK.findall(text) if not re.match(r"[a-z]+:", link)]
    missing = [place for place in places if place and not (page.parent / place).exists()]
    missing += [name for name in _NAMED_FILE.findall(text) if name not in _MADE and not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_the_make_targets_that_a_page_names_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {
        target
        for line in re.findall(r"`[^`]*`|^\s*make .*$", page.read_text(encoding="utf-8"), re.MULTILINE)
        for target in _TARGET.findall(line)
    }
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_pages_need_nothing_of_another_host() -> None:
    """No picture, script or font from elsewhere."""
    for page in _PAGES:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"!\[[^\]]*\]\(https?:|<(?:img|script|iframe)\b[^>]*https?:", text), page

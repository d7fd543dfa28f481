from pathlib import Path

import pytest

from entrypoints.documented_table import DocumentedTable

TABLE = DocumentedTable(
    name="birds",
    files=("README.md", "docs/birds.md"),
    head=("Bird", "Song"),
    rows=lambda: [("`wren`", "loud"), (r"`\d`", r"a \g<0>")],
)
MARKDOWN = "| Bird | Song |\n| --- | --- |\n| `wren` | loud |\n| `\\d` | a \\g<0> |\n"
BEGIN, END = "<!-- birds:begin -->", "<!-- birds:end -->"


def test_a_table_is_markdown() -> None:
    assert TABLE.markdown() == MARKDOWN


def test_the_table_goes_between_its_markers_and_nowhere_else() -> None:
    assert TABLE.embedded(f"a\n{BEGIN}\nold\n{END}\nb {BEGIN}") == f"a\n{BEGIN}\n{MARKDOWN}{END}\nb {BEGIN}"
    assert TABLE.embedded("no markers") == "no markers"


def test_the_command_prints_the_table_unless_told_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert TABLE.run("birds.reference", []) == 0
    assert capsys.readouterr().out == MARKDOWN


def test_the_command_rewrites_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text(f"# R\u00e9sum\u00e9\n{BEGIN}{END}\n", encoding="utf-8")
    assert TABLE.run("birds.reference", ["--write"]) == 0
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == f"# Résumé\n{BEGIN}\n{MARKDOWN}{END}\n"
    assert not (tmp_path / "docs").exists()

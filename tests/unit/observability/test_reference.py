from pathlib import Path

import pytest

from entrypoints.observability.reference import BEGIN, END, FILE, embedded, main, table

ROOT = Path(__file__).parents[3]


def test_the_table_in_the_document_is_the_one_of_the_code() -> None:
    text = (ROOT / FILE).read_text(encoding="utf-8")
    assert BEGIN in text
    assert embedded(text) == text, "run: python -m entrypoints.observability.reference --write"


@pytest.mark.parametrize(
    "row",
    [
        "| `noetl_gateway_sse_connections` | gauge | none | Open streams |",
        "| `noetl_gateway_frames_published_total` | counter | `kind`: state, result, progress | Frames recorded for",
        "| `noetl_gateway_request_refused_total` | counter | `status` | Requests refused",
        "| `noetl_gateway_proxy_seconds` | histogram | none | Seconds per proxied request |",
        "| `noetl_gateway_dependency_up` | gauge | `dependency` |",
        "| `noetl_gateway_auth_bypass_enabled` | gauge | `mode` |",
        "| `noetl_gateway_build_info` | gauge | `version` |",
        "| `noetl_ingress_rejected_total` | counter | `reason`; `subscription` | Deliveries rejected |",
    ],
)
def test_a_row_shows_name_type_labels_and_meaning(row: str) -> None:
    assert f"\n{row}" in table()


def test_the_table_goes_between_its_markers_and_nowhere_else() -> None:
    assert embedded(f"a\n{BEGIN}\nold\n{END}\nb") == f"a\n{BEGIN}\n{table()}{END}\nb"
    assert embedded("no markers") == "no markers"


def test_the_command_prints_the_table_or_rewrites_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out == table()
    monkeypatch.chdir(tmp_path)
    page = tmp_path / FILE
    page.parent.mkdir()
    page.write_text(f"# M\n{BEGIN}{END}\n", encoding="utf-8")
    assert main(["--write"]) == 0
    assert page.read_text(encoding="utf-8") == f"# M\n{BEGIN}\n{table()}{END}\n"

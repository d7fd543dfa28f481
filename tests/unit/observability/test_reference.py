from pathlib import Path

import pytest

from entrypoints.observability.reference import TABLE

ROOT = Path(__file__).parents[3]


def test_the_table_in_the_document_is_the_one_of_the_code() -> None:
    text = (ROOT / TABLE.files[0]).read_text(encoding="utf-8")
    assert TABLE.begin in text
    assert TABLE.embedded(text) == text, "run: python -m entrypoints.observability.reference --write"


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
    assert f"\n{row}" in TABLE.markdown()

from pathlib import Path

import pytest

from entrypoints.settings.loading import fields
from entrypoints.settings.reference import TABLE

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", TABLE.files)
def test_the_table_in_the_documents_is_the_one_of_the_code(name: str) -> None:
    path = ROOT / name
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    assert TABLE.embedded(text) == text, "run: python -m entrypoints.settings.reference --write"


def test_the_table_has_a_row_for_each_setting() -> None:
    rows = TABLE.markdown().splitlines()[2:]
    settings = [f"`{section}.{key}`" if section else f"`{key}`" for section, key, _, _ in fields()]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == settings
    assert all(row.count(" | ") == 3 for row in rows)


@pytest.mark.parametrize(
    "row",
    [
        "| `server.port` | `ROUTER_PORT`, `GATEWAY_PORT` | `8090` | Port of the public listener |",
        "| `nats.url` | `NATS_URL` | `nats://127.0.0.1:4222` | Servers, comma-separated;",
        "| `cors.allow_credentials` | `CORS_ALLOW_CREDENTIALS` | `true` |",
        "| `auth0.verify` | `GATEWAY_AUTH0_VERIFY` | `enforce` |",
        "| `auth0.domain` | `GATEWAY_AUTH0_DOMAIN` | none |",
        "| `noetl.shards` | file only | none |",
        "| `internal_api_token` | `NOETL_INTERNAL_API_TOKEN` | none |",
    ],
)
def test_a_row_shows_name_variables_default_and_meaning(row: str) -> None:
    assert f"\n{row}" in TABLE.markdown()

"""Settings, metrics and settings files that the guides name or show are ones that the gateway knows."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.docs.snippets import DOCS, ROOT, Snippet, snippets

from entrypoints.settings.loading import fields, load

_PAGES = [*sorted(DOCS.glob("*.md")), ROOT / "README.md", ROOT / "CHANGELOG.md"]
_VARIABLES = {name for _, _, _, known in fields() for name in known.names} | {"GATEWAY_CONFIG"}
_GONE = {"NOETL_KV_ADDR", "NOETL_EVENT_FEED_ADDR"}
_NO_SETTING = {"GATEWAY_CLIENTS"}
"""A stream of NATS."""


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_a_page_names_no_variable_that_nothing_reads(page: Path) -> None:
    named = set(re.findall(r"`((?:GATEWAY|NATS|CORS|AUTH|NOETL)_[A-Z0-9_]*[A-Z0-9])[=`]", page.read_text("utf-8")))
    assert named - _GONE - _NO_SETTING - _VARIABLES == set()


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_a_page_names_no_metric_that_does_not_exist(page: Path) -> None:
    known = set(re.findall(r"^\| `(noetl_[a-z_]+)` \|", (DOCS / "metrics.md").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"`(noetl_(?:gateway|ingress)_[a-z_]+)`", page.read_text("utf-8")))
    assert named <= known


def settings_files() -> Sequence[object]:
    shown = [one for page in ("configuration.md", "security.md") for one in snippets(page)]
    return [pytest.param(one, id=str(one)) for one in shown if one.language in ("yaml", "toml")]


@pytest.mark.parametrize("snippet", settings_files())
def test_a_settings_file_of_the_guides_is_taken(snippet: Snippet, tmp_path: Path) -> None:
    file = tmp_path / f"gateway.{snippet.language}"
    file.write_text(snippet.text, encoding="utf-8")
    assert load({"GATEWAY_CONFIG": str(file)}, tmp_path) != load({}, tmp_path)


def test_the_networks_of_cloudflare_are_taken(tmp_path: Path) -> None:
    (networks,) = [one.text for one in snippets("cloudflare.md") if "173.245.48.0/20" in one.text]
    given = "".join(networks.split())
    assert len(load({"GATEWAY_TRUSTED_PROXIES": given}, tmp_path).server.trusted_proxies) == given.count(",") + 1


def test_the_cache_rule_of_cloudflare_lets_no_answer_be_kept() -> None:
    (rule,) = [one.text for one in snippets("cloudflare.md") if "http.host" in one.text]
    prefixes = re.findall(r'starts_with\(http\.request\.uri\.path, "([^"]+)"\)', rule)
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("## Endpoints")[1].split("## Settings")[0]
    routes = [
        path for row in re.findall(r"^\| [A-Za-z]+ (`[^|]+) \|", table, re.MULTILINE) for path in row.split("`")
    ]
    public = {
        "/health",
        "/ready",
        "/metrics",
        "/sharding/preview",
        "/client/noetl-gateway-client.js",
        "/ui/login.html",
    }
    open_to_caches = {path for path in routes if path.startswith("/") and not path.startswith(tuple(prefixes))}
    # Relative names behind a comma, such as `/callback/async`, belong to the path before them.
    assert open_to_caches - public <= {"/callback/async", "/progress"}

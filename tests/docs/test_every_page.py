"""What the snippets of all pages have to be, whether or not they can be run here."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.docs.snippets import DOCS, ROOT, Snippet, snippets

from entrypoints.settings.loading import fields

_ALL = [one for page in sorted(DOCS.glob("*.md")) for one in snippets(page.name)]
_KNOWN = {name for _, _, _, known in fields() for name in known.names} | {"GATEWAY_CONFIG"}


def told(*languages: str) -> list[object]:
    return [pytest.param(one, id=str(one)) for one in _ALL if one.language in languages]


@pytest.mark.parametrize("snippet", told("sh", "bash"))
def test_a_shell_snippet_is_one(snippet: Snippet) -> None:
    text = re.sub(r"<[a-z][a-z -]*>", "PLACE", snippet.text)
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("snippet", told("yaml"))
def test_a_yaml_snippet_can_be_read(snippet: Snippet) -> None:
    assert list(yaml.safe_load_all(snippet.text))


@pytest.mark.parametrize("snippet", told("json"))
def test_a_json_snippet_can_be_read(snippet: Snippet) -> None:
    json.loads(snippet.text)


@pytest.mark.parametrize("snippet", told("python"))
def test_a_python_snippet_compiles(snippet: Snippet) -> None:
    compile(snippet.text, str(snippet), "exec")


@pytest.mark.parametrize("snippet", told("html"))
def test_the_script_of_a_page_snippet_is_one(snippet: Snippet, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("NO NODE: the JavaScript of the guides is not read")
    file = tmp_path / "snippet.mjs"
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", snippet.text, re.DOTALL)
    assert scripts
    file.write_text("\n".join(scripts), encoding="utf-8")
    done = subprocess.run([node, "--check", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_toggles_of_the_deployment_exist() -> None:
    playbook = yaml.safe_load((ROOT / "infra" / "gke" / "deploy_gateway.yaml").read_text(encoding="utf-8"))
    text = (DOCS / "deployment.md").read_text(encoding="utf-8")
    runs = [line for line in text.splitlines() if "infra/gke/deploy_gateway.yaml" in line]
    named = {name for line in runs for name in re.findall(r"--set ([a-z_]+)=", line)}
    assert {"project_id", "dry_run", "action"} <= named <= set(playbook["workload"])


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_no_page_sets_a_variable_that_nothing_reads(page: Path) -> None:
    """In snippets; the sentences about moving over name what is gone."""
    text = "".join(one.text for one in snippets(page.name))
    named = set(re.findall(r"\b((?:GATEWAY|NATS|CORS|AUTH_PLAYBOOK|NOETL)_[A-Z0-9_]+)\s*[=:]", text))
    assert named <= _KNOWN

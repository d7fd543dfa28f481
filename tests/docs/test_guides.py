"""The commands of the other guides, run against the demo. They print what stands behind them as `# text`."""

import re
from collections.abc import Sequence

import pytest
from tests.docs.running import Reader
from tests.docs.snippets import ROOT, Snippet, snippets, told

from entrypoints.demo.noetl.demo_playbooks import demo_playbooks
from entrypoints.demo.stack import CALLBACK_TOKEN

_PAGES = (
    "auth-integration.md",
    "configuration.md",
    "ingress.md",
    "quick-start.md",
    "security.md",
    "troubleshooting.md",
)
_ADDRESSES = {
    "http://127.0.0.1:8090": "GATEWAY",
    "https://HOST": "GATEWAY",
    "http://127.0.0.1:8082": "NOETL",
    "http://127.0.0.1:8085": "ISSUER",
}
_NOT_HERE = re.compile(r"^git clone")
"""What fetches the repository, and starts what the suite has started already."""


def runnable() -> Sequence[object]:
    found = [one for page in _PAGES for one in snippets(page) if one.language == "sh"]
    return [pytest.param(one, id=str(one)) for one in found if not _NOT_HERE.search(one.text)]


def promised(snippet: Snippet) -> list[str]:
    comments = re.findall(r"\s# (.+)$", snippet.text, re.MULTILINE)
    return [part for comment in comments for part in comment.split(" , ")]


async def run(reader: Reader, text: str) -> str:
    """What is printed and complained of, with the demo in the place of the addresses that stand in the guides."""
    with_token = Reader(
        directory=reader.directory, variables={**reader.variables, "GATEWAY_INTERNAL_TOKEN": CALLBACK_TOKEN}
    )
    here = text
    for address, name in _ADDRESSES.items():
        here = here.replace(address, reader.variables[name])
    return await with_token.runs_shell(f"exec 2>&1\n{here}")


@pytest.mark.parametrize("snippet", runnable())
async def test_a_snippet_prints_what_it_promises(reader: Reader, snippet: Snippet) -> None:
    printed = await run(reader, snippet.text)
    place = 0
    for part in promised(snippet):
        found = printed.find(part, place)
        assert found >= 0, f"{part} is not in {printed[place:]}"
        place = found + len(part)
    assert '"errors"' not in printed


async def test_a_deployment_is_verified_as_the_guide_says(reader: Reader) -> None:
    (snippet,) = [one for one in snippets("deployment.md") if "https://HOST/ready" in one.text]
    printed = await run(reader, snippet.text.replace("--set-current", "--set-current --yes"))
    for part in ("ok", '"status":"ready"', '"gateway_version"', "prod"):
        assert part in printed


async def test_a_new_auth0_application_is_tried_as_the_guide_says(reader: Reader) -> None:
    """The browser is left out: the client is given the token that it would get there."""
    by_client, by_token = [one.text for one in snippets("auth0-setup.md") if one.language == "sh"]
    by_client = by_client.replace("--set-current", "--set-current --yes")
    by_client = by_client.replace("--browser-pkce", '--auth0-token "$TOKEN"')
    assert "demo/quick" in await run(reader, by_client)
    assert '"session_token"' in await run(reader, by_token)


async def test_the_settings_of_the_readme_are_in_order(reader: Reader) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"^```sh\n(export NOETL_BASE_URL.*?)^```$", text, re.MULTILINE | re.DOTALL)
    printed = await run(reader, script.replace("&& noetl-gateway serve", ""))
    assert '"domain": "your-tenant.us.auth0.com"' in printed
    assert "***@nats.nats.svc.cluster.local" in printed and "noetl:secret" not in printed


def test_the_quick_start_names_the_playbooks_of_the_demo() -> None:
    page = (ROOT / "docs" / "quick-start.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(demo/[^`]+)` \|", page, re.MULTILINE)
    assert named == [playbook.path for playbook in demo_playbooks()]


def test_each_page_that_is_run_here_has_something_to_run() -> None:
    assert all(told(page, "sh") for page in _PAGES)

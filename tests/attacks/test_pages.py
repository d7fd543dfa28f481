"""HTML pages of the gateway run no script but its own and stand in nobody's frame."""

import re

import httpx
import pytest
from tests.attacks.conftest import Target

pytestmark = pytest.mark.integration

_PAGES = ["/graphql", "/ui/login.html", "/ui/dashboard.html"]


async def _page(target: Target, path: str) -> httpx.Response:
    reply = await target.client.get(path, headers={"accept": "text/html"})
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/html")
    return reply


@pytest.mark.parametrize("path", _PAGES)
async def test_a_page_carries_the_headers_that_protect_it(target: Target, path: str) -> None:
    headers = (await _page(target, path)).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert "*" not in headers["content-security-policy"].replace(str(target.deployment.behind.issuer.url), "")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", _PAGES)
async def test_a_page_has_no_script_of_its_own_and_loads_none_from_elsewhere(target: Target, path: str) -> None:
    text = (await _page(target, path)).text
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL | re.IGNORECASE)
    assert scripts
    for attributes, content in scripts:
        assert not content.strip()
        assert re.search(r'\bsrc="(/|\./|[a-z])', attributes)
        assert "://" not in attributes
    assert not re.search(r"\son[a-z]+\s*=", text, re.IGNORECASE)
    assert "javascript:" not in text.lower()


@pytest.mark.parametrize("path", _PAGES)
async def test_what_a_page_loads_is_there_and_is_not_sniffed(target: Target, path: str) -> None:
    page = await _page(target, path)
    for name in re.findall(r'(?:src|href)="([^"#]+\.(?:js|css|svg))"', page.text):
        reply = await target.client.get(str(page.url.join(name)))
        assert reply.status_code == 200, name
        assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/ui/../auth0.js",
        "/ui/%2e%2e/auth0.js",
        "/ui/__init__.py",
        "/ui/",
        "/client/../container.py",
        "/client/ui/login.js",
        "/graphql/assets/../schema.py",
        "/graphql/assets/%2e%2e%2fschema.py",
        "/ui/login.html%00",
        "/ui//login.html",
    ],
)
async def test_nothing_else_of_the_package_is_served(target: Target, path: str) -> None:
    assert (await target.get(path.encode())).status in (400, 404)

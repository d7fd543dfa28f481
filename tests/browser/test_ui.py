"""The pages that the gateway serves, as a person uses them: log in, run, reload, see the result, log out."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from entrypoints.demo.stack import DemoStack

pytestmark = pytest.mark.integration


@pytest.fixture
async def login_page(demo: DemoStack, page: Page, problems: list[str]) -> AsyncIterator[Page]:
    await page.goto(f"{demo.gateway_url}/ui/login.html")
    await expect(page.get_by_role("button", name="Log in", exact=True)).to_be_enabled()
    yield page
    assert problems == []


async def choose(page: Page, name: str) -> None:
    await expect(page.get_by_role("heading", name="Log in to the demo")).to_be_visible()
    await page.get_by_role("button", name=name).first.click()


async def by_token(page: Page, token: str) -> None:
    await page.get_by_text("Use a token").click()
    await page.get_by_label("Auth0 ID token").fill(token)
    await page.get_by_role("button", name="Log in with this token").click()


async def at_dashboard(page: Page, who: str = "alice") -> None:
    await page.wait_for_url("**/ui/dashboard.html")
    await expect(page.locator("#who")).to_contain_text(who, ignore_case=True)
    await expect(page.locator("#state")).to_have_text("live", timeout=15_000)


@pytest.fixture
async def dashboard(demo: DemoStack, login_page: Page) -> Page:
    await by_token(login_page, demo.issuer.issue("alice@example.com"))
    await at_dashboard(login_page)
    return login_page


async def serious_findings(page: Page) -> list[str]:
    found = (await Axe().run(page)).response["violations"]
    return [
        json.dumps([one["id"], one["help"], [node["target"] for node in one["nodes"]]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("button", ["Log in", "Log in by the implicit flow"])
async def test_a_person_logs_in_by_the_login_page_of_the_issuer(login_page: Page, button: str) -> None:
    await login_page.get_by_role("button", name=button, exact=True).click()
    await choose(login_page, "Alice")
    await at_dashboard(login_page)
    assert "code=" not in login_page.url and "token" not in login_page.url


async def test_the_code_flow_proves_its_origin_by_pkce(login_page: Page) -> None:
    async with (
        login_page.expect_request("**/authorize?*") as asked,
        login_page.expect_request("**/oauth/token") as told,
    ):
        await login_page.get_by_role("button", name="Log in", exact=True).click()
        await choose(login_page, "Alice")
        await at_dashboard(login_page)
    query = httpx.URL((await asked.value).url).params
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    body = json.loads((await told.value).post_data or "{}")
    assert body["code_verifier"] and "client_secret" not in body


async def test_an_answer_that_nobody_asked_for_is_refused(demo: DemoStack, login_page: Page) -> None:
    token = demo.issuer.issue("alice@example.com")
    await login_page.goto("about:blank")
    await login_page.goto(f"{demo.gateway_url}/ui/login.html#state=forged&id_token={token}")
    await expect(login_page.get_by_role("status")).to_contain_text("This login was not started here")
    assert await login_page.evaluate("sessionStorage.getItem('noetl-session')") is None
    assert token not in login_page.url


async def test_a_token_logs_in_and_a_wrong_one_is_refused_in_words(demo: DemoStack, login_page: Page) -> None:
    await by_token(login_page, "not.a.token")
    await expect(login_page.get_by_role("status")).not_to_have_text("Logging in ...")
    await expect(login_page.get_by_role("status")).not_to_be_empty()
    await login_page.get_by_label("Auth0 ID token").fill(demo.issuer.issue("alice@example.com"))
    await login_page.get_by_role("button", name="Log in with this token").click()
    await at_dashboard(login_page)


async def test_a_run_is_seen_live_and_its_result_arrives_after_a_reload(dashboard: Page) -> None:
    await dashboard.get_by_label("Variables (JSON)").fill('{"seconds": 3}')
    await dashboard.get_by_role("button", name="Run", exact=True).click()
    run = dashboard.locator("#runs > li")
    await expect(run).to_contain_text("demo/steps")
    await expect(run.locator(".output")).not_to_be_empty()
    await expect(run).to_contain_text("running")
    await dashboard.reload()
    await at_dashboard(dashboard)
    await expect(run).to_have_count(1)
    await expect(run).to_contain_text("COMPLETED", ignore_case=True)
    await expect(run.locator(".output")).not_to_be_empty()
    await expect(dashboard.locator("#executions")).to_contain_text("demo/steps")


async def test_a_failing_run_and_a_wrong_name_are_told(dashboard: Page) -> None:
    await dashboard.get_by_label("Playbook or agent").fill("demo/fails")
    await dashboard.get_by_role("button", name="Run", exact=True).click()
    await expect(dashboard.locator("#runs > li").first).to_contain_text("failed", ignore_case=True)
    await dashboard.get_by_label("Playbook or agent").fill("demo/nothing-of-the-kind")
    await dashboard.get_by_role("button", name="Run", exact=True).click()
    await expect(dashboard.get_by_role("alert")).not_to_be_empty()


async def test_logging_out_ends_the_session_and_not_only_the_page(demo: DemoStack, dashboard: Page) -> None:
    token = await dashboard.evaluate("JSON.parse(sessionStorage.getItem('noetl-session')).session_token")
    await dashboard.get_by_role("button", name="Log out").click()
    await dashboard.wait_for_url("**/ui/login.html")
    assert await dashboard.evaluate("sessionStorage.getItem('noetl-session')") is None
    async with httpx.AsyncClient(base_url=demo.gateway_url) as client:
        reply = await client.post("/api/auth/validate", json={"session_token": token})
    assert reply.json()["valid"] is False
    await dashboard.goto(f"{demo.gateway_url}/ui/dashboard.html")
    await dashboard.wait_for_url("**/ui/login.html")


async def test_the_login_page_is_accessible(login_page: Page) -> None:
    await login_page.get_by_text("Use a token").click()
    assert await serious_findings(login_page) == []


async def test_the_dashboard_is_accessible_with_a_run_on_it(dashboard: Page) -> None:
    await dashboard.get_by_label("Playbook or agent").fill("demo/quick")
    await dashboard.get_by_role("button", name="Run", exact=True).click()
    await expect(dashboard.locator("#runs > li")).to_contain_text("COMPLETED", ignore_case=True)
    assert await serious_findings(dashboard) == []


async def test_the_accessibility_check_does_find_what_is_wrong(login_page: Page) -> None:
    await login_page.evaluate("document.querySelector('label').remove()")
    await login_page.get_by_text("Use a token").click()
    assert any("label" in finding for finding in await serious_findings(login_page))


async def test_the_pages_ask_no_other_host(demo: DemoStack, page: Page) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(httpx.URL(request.url).netloc.decode()))
    await page.goto(f"{demo.gateway_url}/ui/login.html")
    await by_token(page, demo.issuer.issue("alice@example.com"))
    await at_dashboard(page)
    assert hosts == {httpx.URL(demo.gateway_url).netloc.decode()}

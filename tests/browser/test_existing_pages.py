"""A browser with a page that was written for the former gateway (wire 4.6)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page
from tests.browser.static_page import static_page
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.noetl.server import SimulatedNoetl
from entrypoints.demo.ports import free_socket, port_of
from entrypoints.demo.stack import gateway as running_gateway

pytestmark = pytest.mark.integration


@dataclass(frozen=True, slots=True)
class OldPage:
    tab: Page
    url: str

    async def seen(self) -> Any:
        return await self.tab.evaluate("seen")

    async def until(self, condition: str, *arguments: object) -> None:
        """`condition`: JavaScript of the page, `a` being the arguments."""
        await self.tab.wait_for_function(f"(a) => {condition}", arg=list(arguments))

    async def run(self, name: str, /, **variables: object) -> Any:
        return await self.tab.evaluate("([name, variables]) => run(name, variables)", [name, variables])

    async def log_in_and_connect(self, deployment: Deployment) -> None:
        await self.tab.goto(self.url)
        token = deployment.behind.issuer.issue("alice@example.com")
        assert await self.tab.evaluate("(token) => logIn(token)", token) == 200
        await self.tab.evaluate("connect()")
        await self.until("seen.clientId")


@pytest.fixture
async def old_page(
    page: Page, page_origin: str, gateway: httpx.AsyncClient, deployment: Deployment
) -> AsyncIterator[OldPage]:
    """Logged in, with its stream open."""
    opened = OldPage(page, f"{page_origin}/page.html?gateway={str(gateway.base_url).rstrip('/')}")
    await opened.log_in_and_connect(deployment)
    yield opened


@pytest.fixture
def noetl(deployment: Deployment) -> Any:
    faults = deployment.behind.noetl.faults
    yield deployment.behind.noetl
    faults.callback_before_reply = False


async def test_a_result_that_is_faster_than_the_response_is_not_dropped(
    old_page: OldPage, noetl: SimulatedNoetl
) -> None:
    """The worker has answered before NoETL has said that it started."""
    noetl.faults.callback_before_reply = True
    for _ in range(5):
        run = await old_page.run("demo/quick", name="browser")
        await old_page.until("seen.results[a[0]]", run["requestId"])
    seen = await old_page.seen()
    assert seen["dropped"] == []
    assert seen["results"][run["requestId"]]["data"]["textOutput"] == "Hello, browser!"
    assert await old_page.tab.locator("#results li").all_text_contents() == ["Hello, browser!"] * 5


async def test_progress_and_states_arrive_under_the_names_that_pages_listen_to(old_page: OldPage) -> None:
    run = await old_page.run("demo/steps", seconds=0.2)
    await old_page.until("seen.results[a[0]]", run["requestId"])
    await old_page.until("seen.states.some((state) => !state.synthetic && state.event_type === 'playbook.completed')")
    seen = await old_page.seen()
    assert [progress["step"] for progress in seen["progress"]] == ["fetch", "check", "enrich", "score", "store"]
    ends = [state["event_type"] for state in seen["states"] if state["event_type"] != "step.exit"]
    assert ends == ["playbook.completed", "playbook.completed"]
    assert {state["execution_id"] for state in seen["states"]} == {run["executionId"]}


async def test_a_failure_is_shown_as_one(old_page: OldPage) -> None:
    run = await old_page.run("demo/fails")
    await old_page.until("seen.results[a[0]]", run["requestId"])
    result = (await old_page.seen())["results"][run["requestId"]]
    assert (result["status"], result["error"]["message"]) == ("FAILED", "this playbook always fails")


async def test_a_result_that_comes_while_the_page_reloads_is_shown_afterwards(
    old_page: OldPage, gateway: httpx.AsyncClient
) -> None:
    run = await old_page.run("demo/slow", seconds=60)
    await old_page.tab.goto("about:blank")
    body = {"request_id": run["requestId"], "data": {"textOutput": "while you were away"}}
    reply = await gateway.post("/api/internal/callback/async", json=body)
    assert reply.status_code in (200, 202)
    await old_page.tab.goto(old_page.url)
    await old_page.until("seen.results[a[0]]", run["requestId"])
    assert await old_page.tab.locator("#results li").all_text_contents() == ["while you were away"]
    assert (await old_page.seen())["dropped"] == []


async def test_a_reload_keeps_the_client_and_what_it_waits_for(old_page: OldPage) -> None:
    run = await old_page.run("demo/slow", seconds=60)
    client_id = (await old_page.seen())["clientId"]
    await old_page.tab.reload()
    await old_page.until("seen.clientId")
    seen = await old_page.seen()
    assert seen["clientId"] == client_id
    assert [pending["requestId"] for pending in seen["pending"]] == [run["requestId"]]


async def test_the_page_reconnects_to_a_new_gateway_and_misses_nothing(
    page: Page, page_origin: str, deployment: Deployment
) -> None:
    """The old one is stopped, the result comes to another replica, then the new one starts at the same address."""
    with free_socket() as sock:
        port = port_of(sock)
        async with running_gateway(deployment.behind, sock, deployment.variables) as origin:
            old = OldPage(page, f"{page_origin}/page.html?gateway={origin}")
            await old.log_in_and_connect(deployment)
            run = await old.run("demo/slow", seconds=60)
    async with deployment.gateway() as other:
        body = {"request_id": run["requestId"], "data": {"textOutput": "from elsewhere"}}
        assert (await other.post("/api/internal/callback/async", json=body)).status_code == 202
    with free_socket(port) as sock:
        async with running_gateway(deployment.behind, sock, deployment.variables):
            await old.until("seen.results[a[0]]", run["requestId"])
    assert (await old.seen())["opened"] > 1


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/noetl/health", {}, 401),
        ("/noetl/health", {"authorization": "Bearer unknown"}, 401),
        ("/noetl/internal/plugins", None, 403),
        ("/noetl/no/such/route", None, 404),
        ("/nowhere", {}, 404),
        ("/noetl/x%00", None, 400),
        ("/graphql?query=x", {}, 401),
        ("/noetl/demo/echo?status=500", None, 500),
    ],
)
async def test_pages_may_read_errors(
    old_page: OldPage, path: str, headers: dict[str, str] | None, status: int
) -> None:
    """The incident of wire 14.5: without CORS headers an error is a "Failed to fetch"."""
    token = await old_page.tab.evaluate("kept('session_token')")
    sent = {"x-session-token": token} if headers is None else headers
    answer = await old_page.tab.evaluate("([path, headers]) => look(path, headers)", [path, sent])
    assert answer.get("status") == status, answer


async def test_pages_may_read_that_noetl_is_away(
    page: Page, page_origin: str, deployment: Deployment, old_page: OldPage
) -> None:
    token = await old_page.tab.evaluate("kept('session_token')")
    with free_socket() as nobody:
        nowhere = f"http://127.0.0.1:{port_of(nobody)}"
    async with deployment.gateway(NOETL_BASE_URL=nowhere) as cut_off:
        await page.goto(f"{page_origin}/page.html?gateway={str(cut_off.base_url).rstrip('/')}&still")
        answer = await page.evaluate("(token) => look('/noetl/health', {'x-session-token': token})", token)
    assert answer["status"] == 502
    assert "Proxy request failed" in answer["text"]


async def test_a_dead_session_is_told_by_an_error_event(old_page: OldPage) -> None:
    """With HTTP 200, for the page reads it by a listener for `error`."""
    await old_page.tab.evaluate("sessionStorage.setItem('session_token', 'unknown')")
    await old_page.tab.reload()
    await old_page.until("seen.errors.length")
    seen = await old_page.seen()
    assert seen["errors"][0] == {"code": -32002, "message": "Invalid or expired session"}
    assert seen["opened"] == 1


async def test_a_page_of_an_origin_that_is_not_allowed_reads_nothing(
    browser: Browser, gateway: httpx.AsyncClient
) -> None:
    async with static_page() as foreign:
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(f"{foreign}/page.html?gateway={str(gateway.base_url).rstrip('/')}")
        assert await page.evaluate("look('/health', {})") == {"failed": "TypeError"}
        await context.close()


async def test_two_tabs_have_clients_of_their_own(
    browser: Browser, page_origin: str, deployment: Deployment, old_page: OldPage
) -> None:
    context = await browser.new_context()
    other = OldPage(await context.new_page(), old_page.url)
    await other.log_in_and_connect(deployment)
    mine, theirs = await asyncio.gather(old_page.run("demo/quick", name="one"), other.run("demo/quick", name="two"))
    await old_page.until("seen.results[a[0]]", mine["requestId"])
    await other.until("seen.results[a[0]]", theirs["requestId"])
    assert list((await old_page.seen())["results"]) == [mine["requestId"]]
    assert list((await other.seen())["results"]) == [theirs["requestId"]]
    await context.close()

"""The page that the guide about live results shows, as it stands but for the address."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page
from tests.browser.person import logged_in
from tests.docs.snippets import snippets

from entrypoints.demo.ports import free_socket, origin_of
from entrypoints.demo.servers import serve
from entrypoints.demo.stack import DemoPorts, DemoStack, demo_stack
from entrypoints.http.asgi import Receive, Scope, Send, respond

pytestmark = pytest.mark.integration


@pytest.fixture
async def shown() -> AsyncIterator[tuple[DemoStack, str]]:
    """A demo, and the address of the guide's page, which is of another origin."""
    sock = free_socket()
    async with demo_stack(DemoPorts(), {"CORS_ALLOWED_ORIGINS": origin_of(sock)}) as demo:
        (snippet,) = [one for one in snippets("async-callbacks.md") if one.language == "html"]
        html = "<!doctype html>" + snippet.text.replace("https://gateway.example.com", demo.gateway_url)

        async def page(scope: Scope, receive: Receive, send: Send) -> None:
            await respond(send, 200, html.encode(), b"text/html; charset=utf-8")

        async with serve(page, sock, lifespan="off") as origin:
            yield demo, origin


async def test_the_page_of_the_guide_shows_progress_and_the_result(shown: tuple[DemoStack, str], page: Page) -> None:
    demo, origin = shown
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    async with logged_in(demo.gateway_url, demo.issuer.issue("alice@example.com")) as person:
        await page.add_init_script(f"sessionStorage.setItem('session_token', '{person.session}')")
        async with page.expect_console_message(lambda message: "5 steps done." in message.text):
            await page.goto(origin)
    assert "connection: live" in said
    assert any("step" in line and "connection" not in line for line in said)

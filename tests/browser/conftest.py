"""Headless Chromium, and a page of another origin that it shows. `make test-browser` brings what is needed."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright
from tests.browser.static_page import static_page
from tests.integration.gateway.conftest import Deployment, deployed

from entrypoints.demo.stack import DemoPorts, DemoStack, demo_stack

_CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    assert Path(_CHROMIUM).exists(), "install Chromium, or name it by CHROMIUM"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
async def page_origin() -> AsyncIterator[str]:
    async with static_page() as origin:
        yield origin


@pytest.fixture(scope="module")
async def deployment(nats_url: str, page_origin: str) -> AsyncIterator[Deployment]:
    """Gateways that allow the page's origin, and take callbacks without a token, as the original did."""
    async with deployed(nats_url) as plain:
        more = {"CORS_ALLOWED_ORIGINS": page_origin, "GATEWAY_INTERNAL_TOKEN": "", "GATEWAY_DRAIN_SECS": "0.2"}
        yield replace(plain, variables={**plain.variables, **more})


@pytest.fixture(scope="module")
async def gateway(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    async with deployment.gateway() as client:
        yield client


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A tab of its own, with nothing remembered."""
    context = await browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(15_000)
    yield page
    await context.close()


@pytest.fixture
async def problems(page: Page) -> AsyncIterator[list[str]]:
    """What the page threw, and what its content security policy stopped."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if "Content Security Policy" in said.text else None)
    yield found


@pytest.fixture(scope="module")
async def demo() -> AsyncIterator[DemoStack]:
    async with demo_stack(DemoPorts()) as stack:
        yield stack

"""The dashboard in front of two replicas: a result appears whatever happens to page, replica and network."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Locator, Page, expect
from tests.browser.switch import Switch, switch
from tests.chaos.world import World, world

pytestmark = pytest.mark.integration

_PATIENCE = 30_000
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    tab: Page
    made: World
    switch: Switch

    async def open(self, state: str = "live") -> None:
        await self.tab.goto(f"{self.switch.url}/ui/dashboard.html")
        await self.until(state)

    async def until(self, state: str) -> None:
        await expect(self.tab.locator("#state")).to_have_text(state, timeout=_PATIENCE)

    async def run_steps(self, seconds: float) -> None:
        await self.tab.locator("#name").fill("demo/steps")
        await self.tab.locator("#variables").fill(json.dumps({"seconds": seconds}))
        await self.tab.get_by_role("button", name="Run").click()

    @property
    def runs(self) -> Locator:
        return self.tab.locator("#runs li")

    async def shows_one_result(self) -> None:
        await expect(self.runs).to_contain_text(["5 steps done."], timeout=_PATIENCE)
        await expect(self.runs).to_contain_text(["COMPLETED"])
        await expect(self.runs).to_have_count(1)


@pytest.fixture(scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[World, Switch]]:
    folder: Path = tmp_path_factory.mktemp("replicas")
    async with switch() as balancer:
        more = {"GATEWAY_UI": "true", "GATEWAY_PUBLIC_URL": balancer.url}
        async with world(folder, replicas=2, more=more) as made:
            balancer.ports = [int(replica.url.rpartition(":")[2]) for replica in made.replicas]
            yield made, balancer


@pytest.fixture
async def dashboard(made: tuple[World, Switch], page: Page) -> AsyncIterator[Dashboard]:
    """Logged in. Both replicas run, and the first serves."""
    both, balancer = made
    await both.heal()
    async with httpx.AsyncClient(base_url=balancer.url) as client:
        reply = await client.post("/api/auth/validate", json={"session_token": both.token})
    session = json.dumps({"session_token": both.token, "user": reply.json()["user"]})
    await page.add_init_script(f"sessionStorage.setItem('noetl-session', {json.dumps(session)})")
    yield Dashboard(page, both, balancer)
    balancer.swallows_streams = False


async def test_a_result_appears_after_a_reload_and_the_death_of_the_replica(dashboard: Dashboard) -> None:
    await dashboard.open()
    await dashboard.run_steps(seconds=6)
    await expect(dashboard.runs).to_contain_text(["Step 1 of 5"], timeout=_PATIENCE)
    await dashboard.tab.reload()
    await dashboard.until("live")
    await expect(dashboard.runs).to_contain_text(["demo/steps"], timeout=_PATIENCE)
    await dashboard.made.replicas[0].kill()
    await dashboard.shows_one_result()
    await dashboard.until("live")


async def test_a_result_that_comes_while_no_replica_runs_for_the_page_appears_afterwards(
    dashboard: Dashboard,
) -> None:
    """The other way round: the replica dies first, and the page is reloaded on the one that is left."""
    await dashboard.open()
    await dashboard.run_steps(seconds=4)
    await expect(dashboard.runs).to_contain_text(["Step 1 of 5"], timeout=_PATIENCE)
    await dashboard.made.replicas[0].kill()
    await dashboard.tab.reload()
    await dashboard.shows_one_result()


async def test_a_network_that_swallows_streams_is_noticed_and_polling_brings_the_result(dashboard: Dashboard) -> None:
    dashboard.switch.swallows_streams = True
    await dashboard.open("polling")
    assert dashboard.switch.swallowed >= 1
    await dashboard.run_steps(seconds=1)
    await dashboard.shows_one_result()
    await dashboard.until("polling")

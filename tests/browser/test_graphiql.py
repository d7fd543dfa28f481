"""GraphiQL as a person uses it: a token, a subscription, frames as they come."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import httpx
import pytest
from playwright.async_api import Locator, Page, expect
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.ports import free_socket, port_of
from entrypoints.demo.stack import DemoStack, gateway

pytestmark = pytest.mark.integration

RESULTS = """subscription Follow($client: String!) {
  playbookResults(clientId: $client) {
    ... on PlaybookProgress { step message }
    ... on PlaybookResult { status data }
    ... on PlaybookState { eventType synthetic }
  }
}"""
RUN = """mutation($client: String) {
  executePlaybook(name: "demo/steps", variables: {seconds: 1}, clientId: $client) { id }
}"""
ENDED = '"eventType": "playbook.completed"'
_SHOWN = "document.querySelector('.result-window .CodeMirror').CodeMirror.getValue()"
_TYPE = """([query, client]) => {
  const editor = (name) => document.querySelector(`[aria-label="${name}"] .CodeMirror`).CodeMirror;
  editor("Query Editor").setValue(query);
  editor("Variables").setValue(JSON.stringify({ client }));
}"""


@dataclass(frozen=True, slots=True)
class Editor:
    tab: Page
    url: str
    session: str

    async def open(self) -> None:
        await self.tab.goto(f"{self.url}/graphql")
        await self.tab.get_by_label("Session token").fill(self.session)
        await self.tab.get_by_role("button", name="Use", exact=True).click()
        await self.tab.wait_for_selector(".graphiql-query-editor .CodeMirror")

    async def ask_for(self, client: str) -> None:
        await self.tab.evaluate(_TYPE, [RESULTS, client])
        await self.button("Execute").click()

    async def subscribe(self, client: str) -> None:
        await self.ask_for(client)
        await expect(self.button("Stop")).to_be_visible()

    def button(self, word: str = "") -> Locator:
        """The one that runs ("Execute") and, while something runs, stops ("Stop")."""
        return self.tab.locator(f".graphiql-execute-button[aria-label^='{word}']")

    async def shows(self, *parts: str) -> str:
        """What the response editor shows once it has all of `parts`, each as often as it is given."""
        async with asyncio.timeout(15):
            while True:
                text: str = await self.tab.evaluate(_SHOWN)
                if all(text.count(part) >= parts.count(part) for part in parts):
                    return text
                await asyncio.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a session, who also speaks to the gateway without a browser."""

    http: httpx.AsyncClient
    session: str

    async def new_client(self) -> str:
        reply = await self.http.get("/api/events/poll", params={"wait": 0})
        client: str = reply.json()["clientId"]
        return client

    async def run(self, client: str) -> None:
        reply = await self.http.post("/graphql", json={"query": RUN, "variables": {"client": client}})
        assert "errors" not in reply.json()

    async def open_streams(self) -> float:
        lines = (await self.http.get("/metrics")).text.splitlines()
        (line,) = [line for line in lines if line.startswith("noetl_gateway_sse_connections ")]
        return float(line.split()[1])

    async def open_streams_become(self, number: float) -> None:
        async with asyncio.timeout(15):
            while await self.open_streams() != number:
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def logged_in(url: str, token: str) -> AsyncIterator[Person]:
    async with httpx.AsyncClient(base_url=url, timeout=20) as http:
        session = (await http.post("/api/auth/login", json={"auth0_token": token})).json()["session_token"]
        http.headers["authorization"] = f"Bearer {session}"
        yield Person(http, session)


@pytest.fixture
async def person(demo: DemoStack) -> AsyncIterator[Person]:
    async with logged_in(demo.gateway_url, demo.issuer.issue("alice@example.com")) as person:
        yield person


@pytest.fixture
async def editor(demo: DemoStack, person: Person, page: Page, problems: list[str]) -> AsyncIterator[Editor]:
    editor = Editor(page, demo.gateway_url, person.session)
    await editor.open()
    yield editor
    assert problems == []


async def test_a_subscription_shows_each_frame_as_it_comes(editor: Editor, person: Person) -> None:
    client = await person.new_client()
    await editor.subscribe(client)
    await person.run(client)
    await editor.shows('"message"')
    # The end that was derived from the result, and the real one.
    text = await editor.shows(ENDED, ENDED, '"status": "COMPLETED"')
    assert text.index(ENDED) < text.index('"status": "COMPLETED"') < text.rindex('"message"')
    assert "errors" not in text


async def test_it_ends_when_it_is_stopped_and_can_be_started_again(editor: Editor, person: Person) -> None:
    client = await person.new_client()
    before = await person.open_streams()
    await editor.subscribe(client)
    await person.open_streams_become(before + 1)
    await editor.button("Stop").click()
    await expect(editor.button("Execute")).to_be_visible()
    await person.open_streams_become(before)
    await editor.subscribe(client)
    await person.run(client)
    await editor.shows('"status": "COMPLETED"')


async def test_it_ends_with_the_token_that_began_it(editor: Editor, person: Person) -> None:
    before = await person.open_streams()
    await editor.subscribe(await person.new_client())
    await person.open_streams_become(before + 1)
    await editor.tab.get_by_role("button", name="Forget").click()
    await person.open_streams_become(before)


async def test_what_is_refused_is_told_in_the_place_of_the_response(editor: Editor) -> None:
    stranger = replace(editor, session="nobody-knows-this-token")
    await stranger.open()
    await stranger.ask_for("whatever")
    await stranger.shows("401", "Invalid or expired session")
    await editor.open()
    await editor.ask_for("of-somebody-else")
    await editor.shows('"errors"', '"extensions"')


async def test_the_session_token_is_in_no_address(editor: Editor, person: Person) -> None:
    addresses: list[str] = []
    editor.tab.on("request", lambda request: addresses.append(request.url))
    client = await person.new_client()
    await editor.subscribe(client)
    await person.run(client)
    await editor.shows('"status": "COMPLETED"')
    assert set(addresses) == {f"{editor.url}/graphql"}


async def test_a_subscription_goes_on_behind_the_last_frame_when_the_gateway_has_been_started_anew(
    deployment: Deployment, page: Page, problems: list[str]
) -> None:
    variables = {**deployment.variables, "GATEWAY_DRAIN_SECS": "0.2"}
    sock = free_socket()
    port = port_of(sock)
    async with gateway(deployment.behind, sock, variables) as url:
        token = deployment.behind.issuer.issue("alice@example.com")
        async with logged_in(url, token) as person:
            client = await person.new_client()
            editor = Editor(page, url, person.session)
            await editor.open()
            await editor.subscribe(client)
            await person.run(client)
            await editor.shows('"status": "COMPLETED"')
    async with gateway(deployment.behind, free_socket(port), variables) as url, logged_in(url, token) as person:
        await person.run(client)
        text = await editor.shows('"status": "COMPLETED"', '"status": "COMPLETED"')
    assert "errors" not in text
    assert problems == []

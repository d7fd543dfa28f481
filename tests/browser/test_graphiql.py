"""GraphiQL as a person uses it: a token, a subscription, frames as they come."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from playwright.async_api import Page, expect
from tests.browser.graphiql_page import Editor
from tests.browser.person import Person, logged_in
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.ports import free_socket, port_of
from entrypoints.demo.stack import DemoStack, gateway

pytestmark = pytest.mark.integration

ENDED = '"eventType": "playbook.completed"'


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

import hashlib
import re
from importlib.resources import files

import pytest
from tests.unit.graphql.fakes import Answer, Client

from entrypoints.graphql.graphiql import GraphiQL, asset
from entrypoints.http.asgi import Message, Scope

BROWSER = b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
ASSETS = files("entrypoints.graphql").joinpath("assets")


async def fetch_asset(name: str, etag: bytes = b"") -> Answer:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET", "headers": [(b"if-none-match", etag)]}
    await GraphiQL().asset(name, scope, receive, send)
    start, body = sent
    return Answer(status=start["status"], headers=dict(start["headers"]), body=body["body"])


async def test_a_browser_gets_the_page() -> None:
    page = await Client().get(b"", BROWSER)
    assert page.status == 200
    assert page.headers[b"content-type"] == b"text/html; charset=utf-8"
    assert b'<div id="graphiql">' in page.body


async def test_the_page_may_run_no_script_but_its_files() -> None:
    page = await Client().get(b"", BROWSER)
    policy = dict(part.strip().split(b" ", 1) for part in page.headers[b"content-security-policy"].split(b";"))
    assert policy[b"default-src"] == b"'none'"
    assert policy[b"script-src"] == policy[b"connect-src"] == b"'self'"
    assert policy[b"frame-ancestors"] == b"'none'"
    assert page.headers[b"x-content-type-options"] == b"nosniff"
    assert re.findall(rb"<script(?![^>]* src=)", page.body) == []
    assert re.findall(rb"\son[a-z]+=|<style", page.body) == []


async def test_every_file_that_the_page_names_is_served() -> None:
    page = (await Client().get(b"", BROWSER)).body.decode()
    named = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page)
    imported = re.findall(r'from "\./([^"]+)"', ASSETS.joinpath("page.js").read_text("utf-8"))
    named += [f"graphql/assets/{name}" for name in imported]
    assert len(named) == 7
    for path in named:
        answer = await fetch_asset(path.removeprefix("graphql/assets/"))
        assert answer.status == 200
        assert len(answer.body) > 100


@pytest.mark.parametrize("name", ["", "index.html", "LICENSES.txt", "../schema.py", "graphiql.min.js/", "%2e%2e"])
async def test_nothing_else_is_served(name: str) -> None:
    assert asset(name) is None
    assert (await fetch_asset(name)).status == 404


async def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    first = await fetch_asset("page.js")
    again = await fetch_asset("page.js", first.headers[b"etag"])
    assert (again.status, again.body) == (304, b"")
    assert b"content-length" not in again.headers


async def test_a_query_in_the_address_is_executed_for_browsers_too() -> None:
    answer = await Client().get(b"query={health}", BROWSER)
    assert answer.json == {"data": {"health": "ok"}}


async def test_scripts_that_open_the_route_without_a_query_get_an_error() -> None:
    assert (await Client().get(b"")).status == 400


async def test_the_page_can_be_switched_off() -> None:
    assert (await Client(graphiql=None).get(b"", BROWSER)).status == 400


def test_the_files_of_others_are_the_recorded_ones() -> None:
    recorded = re.findall(
        r"^([0-9a-f]{64})  (\S+)$", ASSETS.joinpath("LICENSES.txt").read_text("utf-8"), re.MULTILINE
    )
    assert len(recorded) == 4
    for digest, name in recorded:
        assert hashlib.sha256(ASSETS.joinpath(name).read_bytes()).hexdigest() == digest


def test_no_file_loads_anything_from_elsewhere() -> None:
    for name in ("index.html", "page.js", "subscriptions.js", "page.css", "graphiql.min.css"):
        text = ASSETS.joinpath(name).read_text("utf-8")
        assert re.findall(r"https?:|//[a-z]+\.|@import", text) == []
    for name in ("graphiql.min.js", "react.production.min.js", "react-dom.production.min.js"):
        assert "sourceMappingURL" not in ASSETS.joinpath(name).read_text("utf-8")

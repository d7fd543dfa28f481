"""CORS on every answer (wire 0)."""

import logging

import pytest
from tests.unit.http.asking import Exchange, ask, scope_of

from entrypoints.http.asgi import Receive, Scope, Send, respond
from entrypoints.http.cors import Cors

KNOWN = b"https://app.example.test"
VARY = b"origin, access-control-request-method, access-control-request-headers"


class App:
    """Answers with a status of choice and notes that it was asked."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        await respond(send, self.status, b"x", headers=[(b"vary", b"accept-encoding")])


class Rejections:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def cors(app: App, *origins: str, credentials: bool = True, rejections: Rejections | None = None) -> Cors:
    return Cors(
        app,
        origins=origins or (KNOWN.decode(), "http://localhost:8080"),
        credentials=credentials,
        rejected=rejections or Rejections(),
    )


@pytest.mark.parametrize("path", ["/graphql", "/noetl/x", "/events", "/nowhere", "*"])
@pytest.mark.parametrize("headers", [[], [(b"access-control-request-method", b"POST")]])
async def test_any_options_request_is_answered_without_asking_anybody(
    path: str, headers: list[tuple[bytes, bytes]]
) -> None:
    app = App()
    answer = await ask(cors(app), "OPTIONS", path, [(b"origin", KNOWN), *headers])
    assert (answer.status, answer.body, app.asked) == (200, b"", 0)
    assert answer.header(b"access-control-allow-origin") == KNOWN
    assert answer.header(b"access-control-allow-methods") == b"GET,POST,PUT,DELETE,PATCH,OPTIONS"
    assert answer.header(b"access-control-allow-headers") == (
        b"content-type,authorization,x-session-id,x-session-token,x-user-id,x-request-id"
    )
    assert answer.header(b"access-control-allow-credentials") == b"true"
    assert answer.header(b"access-control-max-age") is None
    assert answer.header(b"vary") == VARY


@pytest.mark.parametrize("status", [200, 401, 404, 502])
async def test_every_answer_to_a_known_origin_names_it(status: int) -> None:
    answer = await ask(cors(App(status)), "POST", "/graphql", [(b"origin", KNOWN)])
    assert (answer.status, answer.body) == (status, b"x")
    assert answer.header(b"access-control-allow-origin") == KNOWN
    assert answer.header(b"access-control-allow-credentials") == b"true"
    assert answer.all(b"vary") == [b"accept-encoding", VARY]
    assert answer.header(b"access-control-allow-methods") is None
    assert answer.header(b"access-control-expose-headers") is None


@pytest.mark.parametrize(
    "origin",
    [
        b"https://app.example.test/",
        b"https://APP.example.test",
        b"http://app.example.test",
        b"https://app.example.test:443",
        b"https://app.example.test.evil.test",
        b"null",
        b"*",
        b"",
        b"\xff",
    ],
)
async def test_a_foreign_origin_is_served_but_not_named(origin: bytes) -> None:
    rejections = Rejections()
    answer = await ask(cors(App(), rejections=rejections), headers=[(b"origin", origin)])
    assert (answer.status, answer.body) == (200, b"x")
    assert answer.header(b"access-control-allow-origin") is None
    assert answer.header(b"access-control-allow-credentials") == b"true"
    assert rejections.count == 1


async def test_a_request_without_an_origin_is_none_of_cors_business() -> None:
    rejections = Rejections()
    answer = await ask(cors(App(), rejections=rejections))
    assert answer.header(b"access-control-allow-origin") is None
    assert answer.header(b"access-control-allow-credentials") == b"true"
    assert rejections.count == 0


async def test_credentials_can_be_switched_off() -> None:
    answer = await ask(cors(App(), credentials=False), headers=[(b"origin", KNOWN)])
    assert answer.header(b"access-control-allow-origin") == KNOWN
    assert answer.header(b"access-control-allow-credentials") is None


async def test_a_star_allows_any_origin_without_credentials() -> None:
    rejections = Rejections()
    app = cors(App(), "*", KNOWN.decode(), rejections=rejections)
    answer = await ask(app, headers=[(b"origin", b"https://any.example.test")])
    assert answer.header(b"access-control-allow-origin") == b"*"
    assert answer.header(b"access-control-allow-credentials") is None
    assert (await ask(app, headers=[(b"origin", KNOWN)])).header(b"access-control-allow-origin") == KNOWN
    assert rejections.count == 0


async def test_a_rejected_origin_is_counted_each_time_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    rejections = Rejections()
    app = cors(App(), rejections=rejections)
    for origin in (b"https://new.example.test", b"https://new.example.test", b"https://other.example.test"):
        await ask(app, headers=[(b"origin", origin)])
    assert rejections.count == 3
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "https://new.example.test" in caplog.text


async def test_the_gateways_own_pages_are_not_reported_as_rejected(caplog: pytest.LogCaptureFixture) -> None:
    rejections = Rejections()
    answer = await ask(cors(App(), rejections=rejections), headers=[(b"origin", b"https://gw.example.test")])
    assert answer.header(b"access-control-allow-origin") is None
    assert (rejections.count, caplog.text) == (0, "")


async def test_a_flood_of_origins_does_not_flood_the_log(caplog: pytest.LogCaptureFixture) -> None:
    app = cors(App())
    for number in range(500):
        await ask(app, headers=[(b"origin", b"https://%d.example.test" % number)])
    assert len(caplog.records) == 200


async def test_other_protocols_pass_untouched() -> None:
    app = App()
    exchange = Exchange()
    await cors(app)(scope_of(kind="websocket"), exchange.receive, exchange.send)
    assert app.asked == 1
    assert b"access-control" not in repr(exchange.sent).encode()

"""Where a request goes."""

import logging

import pytest
from litestar import Response, get, post
from tests.unit.http.asking import Exchange, ask, scope_of, served

from entrypoints.http.asgi import AsgiApp, ClientGone, Message, Receive, Scope, Send, respond
from entrypoints.http.dispatcher import Dispatcher
from entrypoints.http.proxy.app import AnswerTorn
from entrypoints.http.routes.replies import text_reply


def says(word: bytes) -> AsgiApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, word)

    return app


@get("/health", sync_to_thread=False)
def health() -> Response[bytes]:
    return text_reply("ok")


@post("/api/auth/login", status_code=200, sync_to_thread=False)
def login() -> Response[bytes]:
    return text_reply("in")


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("s3cret")


async def torn(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise AnswerTorn


async def broken_late(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("too late")


async def left(scope: Scope, receive: Receive, send: Send) -> None:
    raise ClientGone


async def websocket(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept"})


@pytest.fixture
def app() -> AsgiApp:
    return Dispatcher(
        litestar=served(health, login),
        framework={"/health": frozenset({"GET"}), "/api/auth/login": frozenset({"POST"})},
        proxy=says(b"proxied"),
        exact={
            "/graphql": says(b"graphql"),
            "/broken": broken,
            "/torn": torn,
            "/late": broken_late,
            "/left": left,
            "/ws": websocket,
        },
        prefixes=(("/assets/", says(b"asset")),),
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/health", b"ok"),
        ("POST", "/api/auth/login", b"in"),
        ("PUT", "/graphql", b"graphql"),
        ("GET", "/assets/a/b.js", b"asset"),
        ("GET", "/noetl/x", b"proxied"),
        ("GET", "/noetl//", b"proxied"),
        ("GET", "/noetl/../health", b"proxied"),
    ],
)
async def test_a_path_leads_to_its_application(app: AsgiApp, method: str, path: str, body: bytes) -> None:
    answer = await ask(app, method, path)
    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/nowhere",
        "/health/",
        "//health",
        "/Health",
        "/graphql/",
        "/noetl",
        "/noetl/",
        "/noetlx/y",
        "/assets/",
        "/assets",
        "/api/auth",
        "/ws/",
        "/api/subscriptions/x",
    ],
)
async def test_paths_are_exact_and_any_other_is_an_empty_404(app: AsgiApp, path: str) -> None:
    answer = await ask(app, "GET", path)
    assert (answer.status, answer.body) == (404, b"")
    assert answer.header(b"content-type") is None


@pytest.mark.parametrize(
    ("path", "raw_path"),
    [
        ("/health", b"/he%61lth"),
        ("/graphql", b"/graph%71l"),
        ("/noetl/x", b"/%6eoetl/x"),
        ("/noetl/x", b"/noetl%2Fx"),
        ("/assets/x", b"/%61ssets/x"),
        ("/api/auth/login", b"/api%2fauth/login"),
    ],
)
async def test_an_escaped_spelling_of_a_path_is_another_path(app: AsgiApp, path: str, raw_path: bytes) -> None:
    """What stands in front of the gateway may have decided by the spelling."""
    assert (await ask(app, "POST", path, raw_path=raw_path)).status == 404


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/api/executions/5/status", "/noetl/executions/5/status"),
        ("/api/execute", "/noetl/execute"),
        ("/api/catalog/list", "/noetl/catalog/list"),
        ('/api/executions/"}<é>\\', "/noetl/executions/"),
        ("/api/run/" + "x" * 300, "/noetl/run/" + "x" * 195),
    ],
)
async def test_a_page_at_the_wrong_door_is_told_the_right_one(app: AsgiApp, path: str, hint: str) -> None:
    answer = await ask(app, "GET", path)
    assert (answer.status, answer.header(b"content-type")) == (404, b"application/json")
    assert answer.json == {"error": f"Not found. The NoETL API is served under /noetl/: use {hint}"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/health", b"GET,HEAD"), ("DELETE", "/health", b"GET,HEAD"), ("GET", "/api/auth/login", b"POST")],
)
async def test_a_wrong_method_is_told_the_right_ones(app: AsgiApp, method: str, path: str, allowed: bytes) -> None:
    answer = await ask(app, method, path)
    assert (answer.status, answer.body, answer.header(b"allow")) == (405, b"", allowed)


async def test_head_is_get_without_its_body(app: AsgiApp) -> None:
    answer = await ask(app, "HEAD", "/health")
    assert (answer.status, answer.body, answer.header(b"content-length")) == (200, b"", b"2")
    assert answer.header(b"content-type") == b"text/plain; charset=utf-8"
    assert (await ask(app, "HEAD", "/api/auth/login")).status == 405


async def test_the_unexpected_is_logged_and_answered(app: AsgiApp, caplog: pytest.LogCaptureFixture) -> None:
    answer = await ask(app, "GET", "/broken")
    assert (answer.status, answer.header(b"content-type")) == (500, b"application/json")
    assert answer.json == {"error": "The gateway made a mistake. It has been logged; please try again."}
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "unexpected error in GET /broken")
    assert record.exc_info is not None


async def test_after_the_head_of_an_answer_nothing_is_put_in_its_place(app: AsgiApp) -> None:
    exchange = Exchange()
    with pytest.raises(RuntimeError):
        await app(scope_of(path="/late"), exchange.receive, exchange.send)
    assert len(exchange.sent) == 1


async def test_a_torn_answer_is_left_to_the_server_to_cut(app: AsgiApp, caplog: pytest.LogCaptureFixture) -> None:
    exchange = Exchange()
    with pytest.raises(AnswerTorn):
        await app(scope_of(path="/torn"), exchange.receive, exchange.send)
    assert caplog.records == []


async def test_a_client_that_left_gets_no_answer_and_is_no_mistake(
    app: AsgiApp, caplog: pytest.LogCaptureFixture
) -> None:
    exchange = Exchange()
    await app(scope_of(path="/left"), exchange.receive, exchange.send)
    assert (exchange.sent, caplog.records) == ([], [])


async def websocket_answer(app: AsgiApp, path: str, raw_path: bytes | None = None) -> list[Message]:
    exchange = Exchange()
    await app(scope_of(path=path, kind="websocket", raw_path=raw_path), exchange.receive, exchange.send)
    return exchange.sent


async def test_a_websocket_leads_to_the_application_that_speaks_it(app: AsgiApp) -> None:
    assert await websocket_answer(app, "/ws") == [{"type": "websocket.accept"}]


@pytest.mark.parametrize("path", ["/graphql", "/noetl/x", "/health", "/nowhere", "/assets/x", "/broken"])
async def test_a_websocket_to_anywhere_else_is_closed(app: AsgiApp, path: str) -> None:
    assert await websocket_answer(app, path) == [{"type": "websocket.close", "code": 1000}]


async def test_a_websocket_by_an_escaped_path_is_closed(app: AsgiApp) -> None:
    assert await websocket_answer(app, "/ws", b"/%77s") == [{"type": "websocket.close", "code": 1000}]


async def test_a_websocket_application_that_fails_is_closed_as_failed() -> None:
    app = Dispatcher(litestar=says(b""), framework={}, exact={"/ws": broken})
    assert await websocket_answer(app, "/ws") == [{"type": "websocket.close", "code": 1011}]


async def test_the_lifespan_is_the_frameworks() -> None:
    seen: list[str] = []

    async def framework(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    exchange = Exchange()
    app = Dispatcher(litestar=framework, framework={}, proxy=says(b""))
    await app({"type": "lifespan"}, exchange.receive, exchange.send)
    assert seen == ["lifespan"]


async def test_without_a_raw_path_the_decoded_one_counts(app: AsgiApp) -> None:
    scope = scope_of(path="/health")
    del scope["raw_path"]
    exchange = Exchange()
    await app(scope, exchange.receive, exchange.send)
    assert exchange.answer.body == b"ok"

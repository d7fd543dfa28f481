import pytest
from tests.unit.http_server.applications import Gate, RecordingApp
from tests.unit.http_server.heads import get
from tests.unit.http_server.raw_client import ask, connected
from tests.unit.http_server.servers import plain_uvicorn, serving
from websockets.asyncio.client import connect

from entrypoints.http.asgi import Receive, Scope, Send
from entrypoints.http.server.limits import RequestLimits

H2C = b"Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"
HANDSHAKE = (
    b"Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
SMUGGLED = get(b"/smuggled")


async def echo_messages(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"].upper()})
    app.gone.append(scope["path"])


async def test_a_websocket_is_opened_and_carries_messages_both_ways() -> None:
    app = RecordingApp(ws=echo_messages)
    async with serving(app) as served, connect(f"ws://127.0.0.1:{served.port}/ws?a=b") as socket:
        await socket.send("hello")
        assert await socket.recv() == "HELLO"
    assert app.scopes[0]["type"] == "websocket"
    assert app.scopes[0]["query_string"] == b"a=b"
    assert app.gone == ["/ws"]


async def test_a_websocket_may_follow_other_requests_on_the_connection() -> None:
    async with serving(RecordingApp(ws=echo_messages)) as served, connected(served.port) as client:
        await client.send(get())
        await client.answer()
        await client.send(get(b"/ws", HANDSHAKE))
        assert (await client.head()).status == 101


async def test_a_websocket_is_an_ordinary_request_where_they_are_switched_off() -> None:
    async with serving(RecordingApp(), websockets=False) as served, connected(served.port) as client:
        await client.send(get(b"/ws", HANDSHAKE) + get(b"/next"))
        assert [(await client.answer()).body for _ in range(2)] == [b"GET /ws 0", b"GET /next 0"]


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /ws HTTP/1.1\r\n" + HANDSHAKE + b"\r\n",
        b"GET /ws HTTP/1.0\r\n" + HANDSHAKE + b"\r\n",
        get(b"/ws", HANDSHAKE + b"Content-Length: 3\r\n") + b"abc",
        get(b"/ws", HANDSHAKE + b"Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n",
        get(b"/ws", HANDSHAKE) + b"\x81\x80abcd",
    ],
    ids=["POST", "HTTP/1.0", "a length", "chunks", "early frames"],
)
async def test_a_doubtful_handshake_is_refused(request_: bytes) -> None:
    app = RecordingApp(ws=echo_messages)
    async with serving(app) as served:
        assert (await ask(served.port, request_)).status == 400
    assert app.scopes == []


async def test_a_websocket_does_not_overtake_an_answer() -> None:
    gate = Gate()
    app = RecordingApp(slow=gate, ws=echo_messages)
    async with serving(app) as served, connected(served.port) as client:
        await client.send(get(b"/slow") + get(b"/ws", HANDSHAKE))
        await app.entered.wait()
        gate.opened.set()
        assert [answer.status for answer in await client.answers_until_end()] == [200, 400]


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"", b""),
        (b"Content-Length: %d\r\n" % len(SMUGGLED), SMUGGLED),
        (b"Transfer-Encoding: chunked\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)),
    ],
    ids=["no body", "a length", "chunks"],
)
async def test_an_upgrade_that_is_not_given_is_an_ordinary_request(framing: bytes, body: bytes, split: bool) -> None:
    app = RecordingApp()
    head = b"POST /first HTTP/1.1\r\n" + H2C + framing + b"\r\n"
    async with serving(app) as served, connected(served.port) as client:
        for part in [head, body + get(b"/second")] if split else [head + body + get(b"/second")]:
            await client.send(part)
            if split and not app.scopes:
                await app.entered.wait()
        sent = len(SMUGGLED) if body else 0
        assert [(await client.answer()).body for _ in range(2)] == [b"POST /first %d" % sent, b"GET /second 0"]
    assert app.paths == ["/first", "/second"]


async def test_what_follows_an_upgrade_that_is_not_given_is_refused_for_its_own_fault() -> None:
    async with serving(RecordingApp()) as served, connected(served.port) as client:
        await client.send(get(b"/first", H2C) + get(b"/second", b"Host: a, b\r\n"))
        assert [answer.status for answer in await client.answers_until_end()] == [200, 400]


async def test_uvicorn_itself_takes_the_body_of_an_upgrade_request_for_the_next_request() -> None:
    app = RecordingApp()
    head = b"POST /first HTTP/1.1\r\n" + H2C + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED)
    async with plain_uvicorn(app) as port, connected(port) as client:
        await client.send(head)
        await client.answer()
        await client.send(SMUGGLED)
        assert (await client.answer()).body == b"GET /smuggled 0"


async def test_a_silent_upgrade_request_with_a_body_is_refused_in_time() -> None:
    async with serving(RecordingApp(), limits=RequestLimits(body_secs=0.1)) as served:
        request = b"POST /first HTTP/1.1\r\n" + H2C + b"Content-Length: 5\r\n\r\nab"
        assert (await ask(served.port, request)).status == 408

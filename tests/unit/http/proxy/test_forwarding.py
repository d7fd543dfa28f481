"""What the proxy sends, and what it gives back (wire 7)."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.unit.domain.gateway import PLAYBOOK, Gateway
from tests.unit.http.asking import JSON_TYPE, Exchange, scope_of, until
from tests.unit.http.proxy.proxy_app import ADMIN, BASE_URL, BODY_LIMIT, Reply, proxied, replying, streaming

from domain.errors import (
    AuthBackEndUnavailable,
    GatewayError,
    UpstreamMisbehaved,
    UpstreamSuspended,
    UpstreamTimedOut,
    UpstreamUnreachable,
)
from domain.proxying import UpstreamRequest, UpstreamResponse
from entrypoints.http.proxy.app import AnswerTorn
from entrypoints.http.server.cycle import ConnectionCut


async def test_a_request_reaches_the_api_with_its_raw_path_and_query(gateway: Gateway) -> None:
    noetl = await proxied(gateway)
    raw = b"/noetl/playbook-tests/suites/a%2Fb%20c%23d"
    answer = await noetl.ask("GET", "/noetl/playbook-tests/suites/a/b c#d", query=b"x=%2F&y=a+b&&", raw_path=raw)
    assert answer.status == 200
    assert (noetl.asked.method, noetl.asked.base_url) == ("GET", BASE_URL)
    assert noetl.asked.target == b"/api/playbook-tests/suites/a%2Fb%20c%23d?x=%2F&y=a+b&&"
    assert (noetl.asked.body, noetl.asked.content_length) == (None, None)


async def test_noetl_is_told_who_asks_by_the_gateway_alone(gateway: Gateway) -> None:
    noetl = await proxied(gateway, user=ADMIN)
    await noetl.ask(
        headers=[
            (b"accept", b"*/*"),
            (b"x-custom", b"1"),
            (b"x-session-token", b"spoofed"),
            (b"x-user-id", b"1"),
            (b"x_user_id", b"1"),
            (b"x-user-roles", b"root"),
            (b"x-request-id", b"spoofed"),
            (b"x-forwarded-for", b"6.6.6.6"),
            (b"cookie", b"session_token=spoofed"),
        ]
    )
    assert noetl.sent_headers == {
        b"accept": b"*/*",
        b"x-custom": b"1",
        b"x-user-id": b"7",
        b"x-user-email": b"alice@example.com",
        b"x-user-roles": b"admin",
        b"x-session-token": noetl.session.token.text.encode(),
        b"x-request-id": b"abc-1",
        b"x-forwarded-for": b"203.0.113.9",
    }


async def test_each_request_has_an_id_of_its_own(gateway: Gateway) -> None:
    noetl = await proxied(gateway)
    await noetl.ask()
    await noetl.ask()
    ids = [dict(request.headers)[b"x-request-id"] for request in noetl.upstream.requests]
    assert ids == [b"abc-1", b"abc-2"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_body_is_streamed_with_its_announced_length(gateway: Gateway, method: str) -> None:
    noetl = await proxied(gateway)
    await noetl.ask(method, "/noetl/vars/1", [JSON_TYPE, (b"content-length", b"3")], [b"ab", b"c"])
    assert (noetl.asked.method, noetl.bodies, noetl.asked.content_length) == (method, [b"abc"], 3)
    assert noetl.sent_headers[b"content-type"] == b"application/json"
    assert b"content-length" not in noetl.sent_headers


async def test_a_chunked_body_stays_chunked(gateway: Gateway) -> None:
    noetl = await proxied(gateway)
    await noetl.ask("POST", "/noetl/vars/1", [(b"transfer-encoding", b"chunked")], [b"ab", b"c"])
    assert (noetl.bodies, noetl.asked.content_length) == ([b"abc"], None)


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"0")]])
async def test_an_empty_body_is_no_body(gateway: Gateway, headers: list[tuple[bytes, bytes]]) -> None:
    noetl = await proxied(gateway)
    await noetl.ask("POST", "/noetl/vars/1", headers)
    assert (noetl.asked.body, noetl.asked.content_length) == (None, 0)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_get_and_head_have_no_body_and_stay_what_they_are(gateway: Gateway, method: str) -> None:
    noetl = await proxied(gateway)
    await noetl.ask(method, headers=[(b"content-length", b"3")], body=b"abc")
    assert (noetl.asked.method, noetl.asked.body) == (method, None)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "OPTIONS"])
async def test_another_method_is_told_the_right_ones(gateway: Gateway, method: str) -> None:
    noetl = await proxied(gateway)
    answer = await noetl.ask(method)
    assert (answer.status, answer.body, answer.header(b"allow")) == (405, b"", b"DELETE,GET,HEAD,PATCH,POST,PUT")
    assert noetl.upstream.requests == []


@pytest.mark.parametrize("status", [200, 201, 204, 301, 400, 401, 404, 422, 500, 503])
async def test_an_answer_passes_back_as_it_is(gateway: Gateway, status: int) -> None:
    """Upstream's own 401 included: the client sees what NoETL said."""
    headers = [(b"content-type", b"text/x"), (b"x-a", b"1"), (b"set-cookie", b"a=b"), (b"server", b"uvicorn")]
    noetl = await proxied(gateway, replying(status, headers, b"766633604884463618", b"\xff\x00"))
    answer = await noetl.ask()
    assert (answer.status, answer.body) == (status, b"766633604884463618\xff\x00")
    assert answer.headers == [(b"content-type", b"text/x"), (b"x-a", b"1")]
    assert noetl.observed == [status]


async def test_an_answer_passes_as_it_comes(gateway: Gateway) -> None:
    more = asyncio.Event()

    async def events() -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"
        await more.wait()
        yield b"data: 2\n\n"

    noetl = await proxied(gateway, streaming(events))
    exchange = Exchange()
    task = asyncio.ensure_future(noetl.exchange(exchange))
    await until(lambda: len(exchange.sent) >= 2)
    assert exchange.sent[1] == {"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True}
    more.set()
    await task
    assert exchange.answer.body == b"data: 1\n\ndata: 2\n\n"
    assert not exchange.sent[-1]["more_body"]


async def test_nobody_goes_on_fetching_for_a_client_that_has_left(gateway: Gateway) -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            for _ in range(1000):
                yield b": ping\n\n"
                await asyncio.sleep(0)
        finally:
            closed.set()

    noetl = await proxied(gateway, streaming(endless))
    exchange = Exchange()
    task = asyncio.ensure_future(noetl.exchange(exchange))
    await until(lambda: len(exchange.sent) >= 3)
    exchange.gone.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed.is_set()
    assert noetl.observed == [200]


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (UpstreamUnreachable(), 502, "Proxy request failed: NoETL cannot be reached."),
        (UpstreamMisbehaved(), 502, "Proxy request failed: NoETL gave a broken answer."),
        (UpstreamTimedOut(), 504, "Proxy request failed: NoETL did not answer in time."),
        (UpstreamSuspended(), 503, "NoETL has failed repeatedly and is not asked for a moment. Please retry."),
    ],
)
async def test_trouble_before_the_answer_is_told_as_json_without_internals(
    gateway: Gateway, error: GatewayError, status: int, sentence: str
) -> None:
    def fail(request: UpstreamRequest) -> UpstreamResponse:
        raise error

    noetl = await proxied(gateway, fail)
    answer = await noetl.ask()
    assert (answer.status, answer.json) == (status, {"error": sentence})
    assert answer.header(b"content-type") == b"application/json"
    assert noetl.observed == [status]


async def test_an_answer_that_breaks_off_is_cut_and_counted(gateway: Gateway) -> None:
    async def torn() -> AsyncIterator[bytes]:
        yield b"{"
        raise UpstreamTimedOut

    noetl = await proxied(gateway, streaming(torn))
    exchange = Exchange()
    with pytest.raises(AnswerTorn):
        await noetl.exchange(exchange)
    assert issubclass(AnswerTorn, ConnectionCut)
    assert [message.get("more_body") for message in exchange.sent] == [None, True]
    assert noetl.observed == [200]


TOO_LARGE = (400, b"Failed to read request body", b"text/plain; charset=utf-8")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([(b"content-length", b"%d" % (BODY_LIMIT + 1))], [b"never read"]),
        ([(b"transfer-encoding", b"chunked")], [b"x" * BODY_LIMIT, b"y"]),
    ],
)
@pytest.mark.parametrize("path", ["/noetl/vars/1", "/noetl/execute"])
async def test_a_body_over_the_limit_is_refused(
    gateway: Gateway, headers: list[tuple[bytes, bytes]], body: list[bytes], path: str
) -> None:
    noetl = await proxied(gateway)
    answer = await noetl.ask("POST", path, headers, body)
    assert (answer.status, answer.body, answer.header(b"content-type")) == TOO_LARGE
    assert noetl.observed == [400]


async def test_a_body_over_the_limit_after_an_early_answer_is_cut(gateway: Gateway) -> None:
    def early(request: UpstreamRequest) -> UpstreamResponse:
        async def answer() -> AsyncIterator[bytes]:
            yield b"{"
            assert request.body is not None
            async for _ in request.body:
                pass

        return UpstreamResponse(status=200, headers=(), body=answer())

    noetl = await proxied(gateway, early)

    async def at_once(request: UpstreamRequest) -> UpstreamResponse:
        return early(request)

    noetl.upstream.handle = at_once
    exchange = Exchange([b"x" * BODY_LIMIT, b"y"])
    with pytest.raises(AnswerTorn):
        await noetl.exchange(exchange, "POST", "/noetl/vars/1", [(b"transfer-encoding", b"chunked")])
    assert len([message for message in exchange.sent if message["type"] == "http.response.start"]) == 1


async def test_a_client_that_leaves_while_sending_gets_no_answer(gateway: Gateway) -> None:
    noetl = await proxied(gateway)
    for path in ("/noetl/vars/1", "/noetl/execute"):
        exchange = Exchange([b"{"], leaves=True)
        await noetl.exchange(exchange, "POST", path, [(b"content-length", b"20")])
        assert exchange.sent == []
    assert noetl.observed == [0, 0]


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ([], b"Missing authentication token"),
        ([(b"authorization", b"Bearer unknown")], b"Invalid or expired session"),
        ([(b"authorization", b"Bearer a b")], b"Invalid or expired session"),
    ],
)
async def test_nothing_is_forwarded_without_a_session(
    gateway: Gateway, headers: list[tuple[bytes, bytes]], sentence: bytes
) -> None:
    noetl = await proxied(gateway)
    exchange = Exchange()
    await noetl.app(scope_of(path="/noetl/x", headers=headers), exchange.receive, exchange.send)
    answer = exchange.answer
    assert (answer.status, answer.body, answer.header(b"content-type")) == (
        401,
        sentence,
        b"text/plain; charset=utf-8",
    )
    assert noetl.upstream.requests == []


async def test_trouble_with_sessions_is_no_401(gateway: Gateway) -> None:
    noetl = await proxied(gateway)
    gateway.authority.trouble = AuthBackEndUnavailable()
    exchange = Exchange()
    scope = scope_of(path="/noetl/x", headers=[(b"x-session-token", b"unknown")])
    await noetl.app(scope, exchange.receive, exchange.send)
    assert (exchange.answer.status, exchange.answer.json) == (503, {"error": AuthBackEndUnavailable.default})


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/noetl/..%2f..%2fmetrics", 400),
        ("/noetl/%2e%2e/x", 400),
        ("/noetl/a/../b", 400),
        ("/noetl/a%5cb", 400),
        ("/noetl/a%0d%0ab", 400),
        ("/noetl/a%", 400),
        ("/noetl/internal/plugins", 403),
        ("/noetl/INTERNAL/plugins", 403),
        ("/noetl/intern%61l/plugins", 403),
        ("/noetl//internal//plugins", 403),
        ("/noetl/%69nternal%2fplugins", 403),
        ("/noetl/auth/login", 403),
        ("/noetl/postgres/execute", 403),
        ("/noetl/credentials/x", 403),
    ],
)
async def test_a_path_that_may_not_be_asked_does_not_reach_noetl(gateway: Gateway, path: str, status: int) -> None:
    noetl = await proxied(gateway)
    answer = await noetl.ask("GET", path, query=b"include_data=true")
    assert (answer.status, answer.header(b"content-type")) == (status, b"application/json")
    assert noetl.upstream.requests == []


async def test_staff_may_ask_what_others_may_not(gateway: Gateway) -> None:
    noetl = await proxied(gateway, user=ADMIN)
    assert (await noetl.ask("GET", "/noetl/credentials/x")).status == 200
    assert (await noetl.ask("GET", "/noetl/internal/x")).status == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"path":"%b"}' % PLAYBOOK.encode(), 200),
        (b'{"catalog_id":"42"}', 200),
        (b'{"catalog_id":42,"workload":{"id":766633604884463618}}', 200),
        (b'{"path":"examples/other"}', 403),
        (b'{"catalog_id":"43"}', 403),
        (b'{"path":"%b","path":"examples/other"}' % PLAYBOOK.encode(), 400),
        (b"", 400),
        (b"[]", 400),
    ],
)
async def test_an_execution_is_forwarded_byte_for_byte_if_it_may_be_started(
    gateway: Gateway, body: bytes, status: int
) -> None:
    noetl = await proxied(gateway)
    headers = [JSON_TYPE, (b"content-length", b"%d" % len(body))]
    assert (await noetl.ask("POST", "/noetl/execute", headers, body)).status == status
    assert noetl.bodies == ([body] if status == 200 else [])


SHARDS = ("http://noetl-0:8082", "http://noetl-1:8082")


@pytest.mark.parametrize(
    ("method", "path", "body", "owner"),
    [
        ("GET", "/noetl/executions/42/status", b"", 1),
        ("GET", "/noetl/executions/9999", b"", 0),
        ("POST", "/noetl/vars/9999/x", b"{}", 0),
        ("POST", "/noetl/events", b'{"execution_id":"42"}', 1),
        ("POST", "/noetl/events", b'{"execution_id":9999}', 0),
        ("PUT", "/noetl/events/batch", b'{"execution_id":42,"events":[]}', 1),
        ("POST", "/noetl/events", b'[{"execution_id":42}]', None),
        ("POST", "/noetl/events", b"not json", None),
        ("GET", "/noetl/events", b"", None),
        ("POST", "/noetl/events/other", b'{"execution_id":42}', None),
        ("GET", "/noetl/executions/abc", b"", None),
        ("GET", "/noetl/catalog/42", b"", None),
    ],
)
async def test_the_owner_of_an_execution_is_asked(
    gateway: Gateway, method: str, path: str, body: bytes, owner: int | None
) -> None:
    noetl = await proxied(gateway, shards=SHARDS)
    await noetl.ask(method, path, [(b"content-length", b"%d" % len(body))], body)
    assert noetl.asked.base_url == (BASE_URL if owner is None else SHARDS[owner])
    assert noetl.bodies == [body or None]


async def test_without_shards_a_body_of_events_is_not_read_to_find_its_owner(gateway: Gateway) -> None:
    noetl = await proxied(gateway)
    await noetl.ask("POST", "/noetl/events", [(b"transfer-encoding", b"chunked")], [b'{"execution_id"', b":42}"])
    assert (noetl.asked.base_url, noetl.asked.content_length) == (BASE_URL, None)


def by_location(location: bytes) -> Reply:
    return replying(307, [(b"location", location)])


async def test_a_redirect_is_passed_on_and_not_followed(gateway: Gateway) -> None:
    noetl = await proxied(gateway, by_location(f"{BASE_URL}/api/executions/".encode()))
    answer = await noetl.ask()
    assert (answer.status, answer.header(b"location")) == (307, b"/noetl/executions/")
    assert len(noetl.upstream.requests) == 1

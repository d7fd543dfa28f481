"""Line 12, the way there: query string verbatim, `%2F`/`%20`/`%23` preserved, traversal forms rejected, body cap,
headers, x-session-token re-created, spoofed x-user-id dropped, internal and auth paths blocked (wire 7.1).
"""

from collections.abc import AsyncIterator

import pytest
from tests.compatibility.proxied import Proxied, proxied
from tests.compatibility.raw_http import ask, exchange
from tests.integration.gateway.conftest import Deployment

pytestmark = pytest.mark.integration

CAP = 10 * 1024 * 1024


@pytest.fixture(scope="module", params=["false", "true"], ids=["asgi", "fast-lane"])
async def standing(deployment: Deployment, request: pytest.FixtureRequest) -> AsyncIterator[Proxied]:
    async with proxied(deployment, GATEWAY_FAST_LANE=request.param) as pair:
        yield pair


@pytest.fixture
def proxy(standing: Proxied) -> Proxied:
    standing.far.forget()
    return standing


@pytest.mark.parametrize(
    "target",
    [
        b"executions",
        b"executions/",
        b"a%2Fb",
        b"a%2fb",
        b"a%20b",
        b"a%23b",
        b"a%3Fb",
        b"a%25b",
        b"a+b;c=d",
        b"a//b",
        b"%C3%BCber",
        b"~a._-b",
        b"a:b@c",
        b"x?",
        b"x?a=1&b=2&a=3",
        b"x?q=%2F..%2F&r=a+b%20c&empty=&bare",
        b"x?a=b=c??/../x",
        b"executions/320816801799737344?page_size=100",
        b"playbook-tests/suites/a%2Fb",
    ],
)
async def test_line_12_path_and_query_arrive_as_they_were_sent(proxy: Proxied, target: bytes) -> None:
    answer = await proxy.ask(target)
    assert (answer.status, answer.json) == (200, {"ok": True})
    assert proxy.far.target == b"/api/" + target.removesuffix(b"?")


@pytest.mark.parametrize(
    "target",
    [
        "../metrics",
        "x/../../metrics",
        "./x",
        "x/.",
        "..",
        "%2e%2e/metrics",
        "..%2f..%2fmetrics",
        "%2E%2E%2Fmetrics",
        ".%2e/x",
        "%252e%252e/x",
        "x%5c..%5cy",
        "x\\y",
        "..;/x",
        "x%00y",
        "x%0d%0ay",
        "x%zz",
        "x%2",
        "%ff",
    ],
)
async def test_line_12_whatever_may_leave_the_api_is_refused(proxy: Proxied, target: str) -> None:
    """D5: decoded and pasted, these reached other paths of the upstream."""
    answer = await proxy.ask(target)
    assert answer.status == 400
    assert proxy.far.requests == []


@pytest.mark.parametrize("path", ["/noetl", "/noetl/"])
async def test_line_12_without_a_path_there_is_nothing(proxy: Proxied, path: str) -> None:
    answer = await ask(proxy.origin, path, [("X-Session-Token", proxy.token)])
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])
async def test_line_12_the_method_is_the_clients(proxy: Proxied, method: str) -> None:
    """D53: HEAD was sent on as GET."""
    assert (await proxy.ask("x", method=method)).status == 200
    assert proxy.far.last.method == method
    assert proxy.far.last.body == b""


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND"])
async def test_line_12_other_methods_are_not_passed_on(proxy: Proxied, method: str) -> None:
    assert (await proxy.ask("x", method=method)).status in (400, 405)
    assert proxy.far.requests == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_line_12_bodies_are_passed_on_byte_for_byte(proxy: Proxied, method: str) -> None:
    """D53: the body of a DELETE was lost."""
    body = b'{"id": 9223372036854775807, "text": "\xc3\xbc", "x":  1.0}'
    await proxy.ask("x", [("Content-Type", "application/json; a=b")], method=method, body=body)
    assert proxy.far.last.body == body
    assert proxy.far.sent("content-type") == ["application/json; a=b"]


async def test_line_12_a_chunked_body_arrives_whole(proxy: Proxied) -> None:
    head = (
        f"POST /noetl/x HTTP/1.1\r\nHost: gw\r\nX-Session-Token: {proxy.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    answer = await exchange(proxy.origin, head.encode() + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert answer.status == 200
    assert proxy.far.last.body == b"abcde"


async def test_line_12_the_body_may_have_ten_mebibytes_and_no_more(proxy: Proxied) -> None:
    assert (await proxy.ask("x", method="POST", body=bytes(CAP))).status == 200
    assert len(proxy.far.last.body) == CAP
    proxy.far.forget()
    head = (
        f"POST /noetl/x HTTP/1.1\r\nHost: gw\r\nX-Session-Token: {proxy.token}\r\nContent-Length: {CAP + 1}\r\n\r\n"
    )
    answer = await exchange(proxy.origin, head.encode())
    assert (answer.status, answer.text) == (400, "Failed to read request body")
    assert answer.header("content-type") == "text/plain; charset=utf-8"
    assert proxy.far.requests == []


async def test_line_12_a_chunked_body_has_the_same_cap(proxy: Proxied) -> None:
    head = (
        f"POST /noetl/x HTTP/1.1\r\nHost: gw\r\nX-Session-Token: {proxy.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"%x\r\n" % (CAP + 1) + bytes(CAP + 1) + b"\r\n0\r\n\r\n"
    answer = await exchange(proxy.origin, head.encode() + chunk)
    assert (answer.status, answer.text) == (400, "Failed to read request body")


FORWARDED = {
    "accept": "application/json",
    "accept-encoding": "gzip",
    "baggage": "k=v",
    "content-type": "text/x",
    "idempotency-key": "once",
    "if-match": '"a"',
    "if-modified-since": "Wed, 21 Oct 2015 07:28:00 GMT",
    "if-none-match": '"b"',
    "range": "bytes=0-1",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "tracestate": "a=b",
    "x-custom": "kept",
    "x-noetl-tenant": "kept",
}


async def test_line_12_the_headers_that_noetl_may_see(proxy: Proxied) -> None:
    await proxy.ask("x", FORWARDED.items())
    for name, value in FORWARDED.items():
        assert proxy.far.sent(name) == [value]


async def test_line_12_a_repeated_custom_header_keeps_all_its_values(proxy: Proxied) -> None:
    await proxy.ask("x", [("X-Custom", "1"), ("X-Custom", "2")])
    assert proxy.far.sent("x-custom") == ["1", "2"]


@pytest.mark.parametrize(
    "name", ["Authorization", "Cookie", "User-Agent", "Referer", "Origin", "Forwarded", "Via", "Connection", "TE"]
)
async def test_line_12_the_headers_that_noetl_must_not_see(proxy: Proxied, name: str) -> None:
    assert (await proxy.ask("x", [(name, "mark")])).status == 200
    assert all("mark" not in value for value in proxy.far.sent(name.lower()))


@pytest.mark.parametrize(
    "name", ["x-user-id", "x-user-email", "x-user-roles", "X-User_Id", "x-user.id", "x-request-id"]
)
async def test_line_12_a_spoofed_identity_is_dropped_and_the_true_one_written(proxy: Proxied, name: str) -> None:
    """D11."""
    await proxy.ask("x", [(name, "spoofed")])
    assert all(value != b"spoofed" for _, value in proxy.far.last.headers)
    assert proxy.far.sent("x-user-email") == ["alice@example.com"]
    assert len(proxy.far.sent("x-user-id")) == len(proxy.far.sent("x-request-id")) == 1


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "x-forwarded-proto"])
async def test_line_12_what_only_proxies_may_say_is_dropped(proxy: Proxied, name: str) -> None:
    await proxy.ask("x", [(name, "203.0.113.9")])
    assert "203.0.113.9" not in proxy.far.sent(name)
    assert proxy.far.sent("x-forwarded-for") == ["127.0.0.1"]


@pytest.mark.parametrize("carrier", ["Authorization: Bearer {}", "Cookie: session_token={}", "X-Session-Token: {}"])
async def test_line_12_the_session_token_is_written_anew_wherever_it_came_from(proxy: Proxied, carrier: str) -> None:
    """[C]: it is the only credential that NoETL's own enforcement sees."""
    name, _, value = carrier.format(proxy.token).partition(": ")
    await ask(proxy.origin, "/noetl/x", [(name, value)])
    assert proxy.far.sent("x-session-token") == [proxy.token]


async def test_line_12_the_token_that_was_authenticated_is_the_one_that_is_told(proxy: Proxied) -> None:
    await ask(
        proxy.origin,
        "/noetl/x",
        [("Authorization", f"Bearer {proxy.token}"), ("X-Session-Token", proxy.viewer), ("X-Session-Token", "third")],
    )
    assert proxy.far.sent("x-session-token") == [proxy.token]


@pytest.mark.parametrize(
    "path",
    [
        "internal/plugins",
        "internal/ingress/x",
        "INTERNAL/objects",
        "%69nternal/objects",
        "internal%2Fobjects",
        "internal;x/objects",
        "//internal/objects",
        "auth/login",
        "Auth/session/validate",
        "auth%2flogin",
        "%2561uth/login",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_line_12_internal_and_auth_paths_are_closed_in_every_spelling(
    proxy: Proxied, path: str, method: str
) -> None:
    """D10, D11."""
    answer = await proxy.ask(path, method=method)
    assert (answer.status, list(answer.json)) == (403, ["error"])
    assert proxy.far.requests == []


@pytest.mark.parametrize(
    "path", ["postgres/execute", "credentials", "credentials/x?include_data=true", "catalog/register"]
)
async def test_line_12_what_needs_a_role_is_not_for_everybody(proxy: Proxied, path: str) -> None:
    refused = await ask(proxy.origin, f"/noetl/{path}", [("X-Session-Token", proxy.viewer)], method="POST")
    assert refused.status == 403
    assert proxy.far.requests == []
    assert (await proxy.ask(path, method="POST")).status == 200

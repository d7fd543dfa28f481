import pytest
from tests.unit.domain.gateway import PLAYBOOK, Gateway

from adapters.memory.upstream import MemoryUpstream, answer
from domain.access import GUARDED, ProxyPolicy
from domain.errors import PathRefused, PlaybookDenied, RouteDenied, UpstreamMisbehaved, UpstreamTimedOut
from domain.identity import Session
from domain.proxying import UpstreamRequest, UpstreamResponse
from domain.use_cases.authorize_forwarded import AuthorizeForwarded
from domain.use_cases.call_api import ApiReply, CallApi
from domain.use_cases.forward_request import ForwardRequest, Shards


async def echo(request: UpstreamRequest) -> UpstreamResponse:
    chunks = [chunk async for chunk in request.body] if request.body is not None else []
    return answer(b"got ", *chunks, status=201)


@pytest.fixture
def upstream() -> MemoryUpstream:
    return MemoryUpstream(echo)


@pytest.fixture
def call(gateway: Gateway, upstream: MemoryUpstream) -> CallApi:
    return CallApi(
        forward=ForwardRequest(policy=ProxyPolicy(GUARDED), shards=Shards(default="http://noetl")),
        guard=AuthorizeForwarded(authorize=gateway.authorize),
        upstream=upstream,
        reply_limit=1000,
    )


@pytest.fixture
async def session(gateway: Gateway) -> Session:
    return await gateway.logged_in()


HEADERS = ((b"x-session-token", b"t"),)


async def test_a_call_is_made_as_it_is_and_its_whole_answer_comes_back(
    call: CallApi, upstream: MemoryUpstream, session: Session
) -> None:
    reply = await call(session, "PUT", "/api/catalog/x?y=%2F", b"body", HEADERS)

    assert reply == ApiReply(status=201, body=b"got body")
    [request] = upstream.requests
    assert (request.method, request.base_url, request.target) == ("PUT", "http://noetl", b"/api/catalog/x?y=%2F")
    assert (request.headers, request.content_length) == (HEADERS, 4)


async def test_without_a_body_none_is_sent(call: CallApi, upstream: MemoryUpstream, session: Session) -> None:
    await call(session, "GET", "/api/health", None, HEADERS)

    assert (upstream.requests[0].body, upstream.requests[0].content_length) == (None, None)


@pytest.mark.parametrize(
    ("endpoint", "target"),
    [
        ("/api/a b?q=c d", b"/api/a%20b?q=c%20d"),
        ("/api/x?q=größe", b"/api/x?q=gr%C3%B6%C3%9Fe"),
        ("/api/x?q=1\r\nHost: evil", b"/api/x?q=1%0D%0AHost:%20evil"),
        ("/api/x?q=a#b", b"/api/x?q=a%23b"),
        ("/api/x?q=\ud800", b"/api/x?q=%ED%A0%80"),
        ("/api/x?q=\x00\x7f", b"/api/x?q=%00%7F"),
    ],
)
async def test_what_cannot_stand_in_a_request_line_is_escaped(
    call: CallApi, upstream: MemoryUpstream, session: Session, endpoint: str, target: bytes
) -> None:
    await call(session, "GET", endpoint, None, HEADERS)

    assert upstream.requests[0].target == target


@pytest.mark.parametrize(
    "endpoint",
    [
        "@evil.example/x",
        "http://evil.example/api/x",
        "//evil.example/api/x",
        "/api",
        "/api/",
        "/metrics",
        "api/x",
        "",
        "/API/x",
    ],
)
async def test_nothing_outside_the_api_can_be_reached(
    call: CallApi, upstream: MemoryUpstream, session: Session, endpoint: str
) -> None:
    with pytest.raises(RouteDenied):
        await call(session, "GET", endpoint, None, HEADERS)
    assert upstream.requests == []


@pytest.mark.parametrize(
    "endpoint", ["/api/../metrics", "/api/%2e%2e/metrics", "/api/a\\..\\b", "/api/x\r\ny", "/api/x\x00"]
)
async def test_dot_segments_and_control_characters_are_refused(
    call: CallApi, upstream: MemoryUpstream, session: Session, endpoint: str
) -> None:
    with pytest.raises(PathRefused):
        await call(session, "GET", endpoint, None, HEADERS)
    assert upstream.requests == []


@pytest.mark.parametrize(
    "endpoint", ["/api/internal/plugins", "/api/auth/login", "/api/credentials/x", "/api//internal/x"]
)
async def test_the_policy_of_the_proxy_holds(
    call: CallApi, upstream: MemoryUpstream, session: Session, endpoint: str
) -> None:
    with pytest.raises(RouteDenied):
        await call(session, "GET", endpoint, None, HEADERS)
    assert upstream.requests == []


async def test_nothing_is_started_past_the_permission_to_run_it(
    call: CallApi, upstream: MemoryUpstream, session: Session
) -> None:
    with pytest.raises(PlaybookDenied):
        await call(session, "POST", "/api/execute", b'{"path":"secret/playbook"}', HEADERS)
    assert upstream.requests == []

    await call(session, "POST", "/api/execute", f'{{"path":"{PLAYBOOK}"}}'.encode(), HEADERS)
    assert len(upstream.requests) == 1


async def test_an_answer_that_is_too_large_is_given_up(
    call: CallApi, upstream: MemoryUpstream, session: Session
) -> None:
    async def large(request: UpstreamRequest) -> UpstreamResponse:
        return answer(*[b"x" * 100] * 11)

    upstream.handle = large

    with pytest.raises(UpstreamMisbehaved):
        await call(session, "GET", "/api/x", None, HEADERS)


async def test_trouble_of_the_upstream_passes_through(
    call: CallApi, upstream: MemoryUpstream, session: Session
) -> None:
    async def slow(request: UpstreamRequest) -> UpstreamResponse:
        raise UpstreamTimedOut

    upstream.handle = slow

    with pytest.raises(UpstreamTimedOut):
        await call(session, "GET", "/api/x", None, HEADERS)

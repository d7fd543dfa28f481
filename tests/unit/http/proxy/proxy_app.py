"""The proxy on memory adapters."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_network

from tests.unit.domain.gateway import ALICE, Gateway
from tests.unit.http.asking import Answer, Exchange, Fields, scope_of

from adapters.memory.upstream import MemoryUpstream, answer
from domain.access import GUARDED, ProxyPolicy
from domain.identity import Session, User
from domain.proxying import Headers, UpstreamRequest, UpstreamResponse
from domain.use_cases.authorize_forwarded import AuthorizeForwarded
from domain.use_cases.forward_request import ForwardRequest, Shards
from entrypoints.http.gate import SessionGate
from entrypoints.http.proxy.app import ProxyApp, RequestIds

BASE_URL = "http://noetl.internal:8082"
BODY_LIMIT = 1000
ADMIN = replace(ALICE, roles=("admin",))


@dataclass
class Proxied:
    """The application, who talks through it, and what reached NoETL."""

    app: ProxyApp
    upstream: MemoryUpstream
    session: Session
    bodies: list[bytes | None]
    observed: list[int] = field(default_factory=list)

    @property
    def asked(self) -> UpstreamRequest:
        (request,) = self.upstream.requests
        return request

    @property
    def sent_headers(self) -> dict[bytes, bytes]:
        headers = self.asked.headers
        assert len({name for name, _ in headers}) == len(headers)
        return dict(headers)

    async def ask(
        self,
        method: str = "GET",
        path: str = "/noetl/executions",
        headers: Fields = (),
        body: bytes | Sequence[bytes] = b"",
        query: bytes = b"",
        *,
        raw_path: bytes | None = None,
    ) -> Answer:
        exchange = Exchange([body] if isinstance(body, bytes) else body)
        await self.exchange(exchange, method, path, headers, query, raw_path)
        return exchange.answer

    async def exchange(
        self,
        exchange: Exchange,
        method: str = "GET",
        path: str = "/noetl/executions",
        headers: Fields = (),
        query: bytes = b"",
        raw_path: bytes | None = None,
    ) -> None:
        bearer = (b"authorization", f"Bearer {self.session.token.text}".encode())
        scope = scope_of(method, path, (bearer, *headers), query, raw_path=raw_path)
        await self.app(scope, exchange.receive, exchange.send)


Reply = Callable[[UpstreamRequest], UpstreamResponse]


def ok(request: UpstreamRequest) -> UpstreamResponse:
    return answer(b"{}", headers=[(b"content-type", b"application/json")])


async def proxied(gateway: Gateway, reply: Reply = ok, *, user: User = ALICE, shards: Sequence[str] = ()) -> Proxied:
    bodies: list[bytes | None] = []

    async def handle(request: UpstreamRequest) -> UpstreamResponse:
        bodies.append(None if request.body is None else b"".join([chunk async for chunk in request.body]))
        return reply(request)

    upstream = MemoryUpstream(handle)
    observed: list[int] = []
    app = ProxyApp(
        gate=SessionGate(
            authenticate=gateway.authenticate, origin_allowed=lambda origin: False, count=lambda outcome: None
        ),
        forward=ForwardRequest(policy=ProxyPolicy(GUARDED), shards=Shards(default=BASE_URL, base_urls=tuple(shards))),
        guard=AuthorizeForwarded(authorize=gateway.authorize),
        upstream=upstream,
        trusted_proxies=(ip_network("10.0.0.0/8"),),
        request_ids=RequestIds("abc"),
        observe=lambda status, seconds: observed.append(status),
        body_limit=BODY_LIMIT,
    )
    return Proxied(app, upstream, await gateway.logged_in(user), bodies, observed)


def replying(status: int = 200, headers: Headers = (), *chunks: bytes) -> Reply:
    return lambda request: answer(*chunks, status=status, headers=headers)


def streaming(body: Callable[[], AsyncIterator[bytes]], status: int = 200) -> Reply:
    return lambda request: UpstreamResponse(status=status, headers=(), body=body())


Handle = Callable[[UpstreamRequest], Awaitable[UpstreamResponse]]

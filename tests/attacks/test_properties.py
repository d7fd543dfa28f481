"""What holds for any path, any headers, any token."""

import re
from collections.abc import AsyncIterator

from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.memory.bus import MemoryBus
from adapters.memory.revocations import MemoryRevocations
from adapters.memory.session_store import MemorySessionStore
from adapters.memory.telemetry import MemoryTelemetry
from adapters.memory.upstream import MemoryUpstream
from adapters.system.clock import SystemClock
from domain.access import GUARDED, ProxyPolicy
from domain.expiring_memory import ExpiringMemory
from domain.identity import LoginAttempt, Session, SessionToken, User
from domain.proxying import UpstreamRequest, UpstreamResponse
from domain.single_flight import SingleFlight
from domain.use_cases.authenticate import Authenticate
from domain.use_cases.forward_request import ForwardRequest, Shards
from entrypoints.http.asgi import Message, Scope
from entrypoints.http.gate import SessionGate
from entrypoints.http.proxy.app import ProxyApp, RequestIds

_TOKEN = SessionToken("0123456789abcdef", True)
_VIEWER = User(user_id=7, email="v@example.com", display_name="V", roles=("viewer",))
_CLOSED = re.compile(r"^/*(internal|auth|postgres|credentials)(/|;|$)", re.IGNORECASE)


class _Nobody:
    async def create(self, attempt: LoginAttempt) -> Session:
        raise AssertionError("nobody logs in here")

    async def validate(self, token: SessionToken) -> Session | None:
        return None


class _Pass:
    enforced = False

    def concerns(self, *_: object) -> bool:
        return False


class _Proxy:
    """The proxy application over memory, and what it forwarded."""

    def __init__(self) -> None:
        self.forwarded: list[UpstreamRequest] = []
        clock = SystemClock()
        self.bus = MemoryBus(clock)
        sessions = MemorySessionStore(self.bus)
        authenticate = Authenticate(
            sessions=sessions,
            authority=_Nobody(),
            revocations=MemoryRevocations(self.bus),
            clock=clock,
            telemetry=MemoryTelemetry(),
            refused=ExpiringMemory(clock, seconds=3, capacity=10),
            flights=SingleFlight(),
        )
        self.sessions = sessions
        self.app = ProxyApp(
            gate=SessionGate(authenticate=authenticate, origin_allowed=lambda _: False, count=lambda _: None),
            forward=ForwardRequest(policy=ProxyPolicy(GUARDED), shards=Shards(default="http://noetl")),
            guard=_Pass(),  # type: ignore[arg-type] # what it would do is tested where executions are started
            upstream=MemoryUpstream(self._answer),
            trusted_proxies=(),
            request_ids=RequestIds("t"),
            observe=lambda *_: None,
            body_limit=1000,
        )

    async def _answer(self, request: UpstreamRequest) -> UpstreamResponse:
        self.forwarded.append(request)
        return UpstreamResponse(status=200, headers=((b"content-length", b"2"),), body=_ok())

    async def get(self, raw_path: bytes, *headers: tuple[bytes, bytes], query: bytes = b"") -> int:
        await self.sessions.put(Session(token=_TOKEN, user=_VIEWER))
        scope: Scope = {
            "type": "http",
            "method": "GET",
            "raw_path": b"/noetl/" + raw_path,
            "path": "/noetl/",
            "query_string": query,
            "headers": list(headers),
            "client": ("203.0.113.9", 1),
            "scheme": "http",
        }
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        status: int = sent[0]["status"]
        return status


async def _ok() -> AsyncIterator[bytes]:
    yield b"ok"


_AUTHORIZED = (b"authorization", b"Bearer " + _TOKEN.text.encode())
_PIECES = st.sampled_from(
    (
        b".. . %2e %2E%2e %252e / %2f %5c \\ ; # %00 %0d%0a %c0%ae internal auth AUTH postgres credentials "
        b"executions health %61uth x 1"
    ).split()
)


@given(st.one_of(st.lists(_PIECES, min_size=1, max_size=8).map(b"".join), st.binary(min_size=1, max_size=40)))
@example(b"x/..%2f..%2fauth/login")
@settings(max_examples=300, deadline=None)
async def test_what_was_authorised_is_byte_for_byte_what_is_forwarded(path: bytes) -> None:
    proxy = _Proxy()
    status = await proxy.get(path, _AUTHORIZED, query=b"a=%2e&b=1")
    assert status in (200, 400, 403)
    assert len(proxy.forwarded) == (status == 200)
    for request in proxy.forwarded:
        assert request.target == b"/api/" + path + b"?a=%2e&b=1"
        assert request.base_url == "http://noetl"
        for reading in _readings(path):
            assert not _CLOSED.match(reading)
            assert ".." not in reading.replace("\\", "/").split("/")


def _readings(path: bytes) -> list[str]:
    """How a server may read a path that decodes it no matter how often."""
    from urllib.parse import unquote

    text = path.decode("latin-1")
    readings = [text]
    while (decoded := unquote(readings[-1], encoding="latin-1")) != readings[-1]:
        readings.append(decoded)
    return readings


_NAMES = st.sampled_from(
    ["x-user-id", "x-user-email", "x-user-roles", "x-session-token", "x-forwarded-for", "x-request-id", "x-real-ip"]
)
_MANGLED = _NAMES.flatmap(
    lambda name: st.sampled_from(
        [name, name.replace("-", "_"), name.replace("-", "_", 1), f"{name}_", f"{name}s", name.upper().lower()]
    )
)


@given(st.lists(st.tuples(_MANGLED, st.text("abcXYZ0123456789@.:,-", min_size=1, max_size=12)), max_size=8))
@settings(max_examples=200, deadline=None)
async def test_no_byte_of_a_client_arrives_in_an_identity_header(headers: list[tuple[str, str]]) -> None:
    proxy = _Proxy()
    marked = [(name.encode(), f"evil-{value}".encode()) for name, value in headers]
    status = await proxy.get(b"health", _AUTHORIZED, *marked)
    assert status == 200
    (request,) = proxy.forwarded
    for name, value in request.headers:
        read_as = name.lower().replace(b"_", b"-")
        if read_as.startswith((b"x-user", b"x-session-token", b"x-forwarded", b"x-real-ip", b"x-request-id")):
            assert not value.startswith(b"evil-")
    names = [name for name, _ in request.headers]
    assert names.count(b"x-user-id") == names.count(b"x-session-token") == names.count(b"x-forwarded-for") == 1


@given(st.binary(max_size=600))
@settings(max_examples=300, deadline=None)
async def test_any_token_bytes_give_401_or_pass_and_never_a_server_error(token: bytes) -> None:
    proxy = _Proxy()
    status = await proxy.get(b"health", (b"x-session-token", token))
    assert status in ((200, 401) if token == _TOKEN.text.encode() else (401,))

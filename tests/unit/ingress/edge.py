"""The ingress over memory adapters, and the senders that knock at it."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.memory.clock import ManualClock
from adapters.memory.ingress import (
    MemoryIngressAudit,
    MemoryIngressCounter,
    MemoryIngressListeners,
    MemoryPushTokens,
)
from adapters.memory.playbook_runner import MemoryPlaybookRunner
from domain.expiring_memory import ExpiringMemory
from domain.ingress.directive_block import parse_directives
from domain.ingress.dispatching import DispatchMessage
from domain.ingress.listeners import Dispatch, Listener, Verification
from domain.ingress.verification import VerifyDelivery
from domain.playbooks import ExecutionOrder
from domain.ports.playbook_runner import PlaybookRunner
from domain.single_flight import SingleFlight
from domain.use_cases.accept_delivery import AcceptDelivery
from entrypoints.http.asgi import Message
from entrypoints.http.ingress.app import IngressApp
from entrypoints.http.rate_limit import RateLimit

SECRET = "s3cret"
AUDIENCE = "https://gateway.example.com/ingress/pubsub"
SERVICE_ACCOUNT = "push@project.iam.gserviceaccount.example"
WINDOW = 300

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        assert self.json["status"] == "rejected", self.json
        reason: str = self.json["reason"]
        return reason


@dataclass
class Edge:
    clock: ManualClock
    runner: MemoryPlaybookRunner
    listeners: MemoryIngressListeners
    push_tokens: MemoryPushTokens
    audit: MemoryIngressAudit
    counter: MemoryIngressCounter
    app: IngressApp
    limited: list[str] = field(default_factory=list)

    @classmethod
    def create(
        cls,
        *listeners: Listener,
        runner: PlaybookRunner | None = None,
        rate: float = 0,
        body_limit: int = 2_097_152,
        enabled: bool = True,
        now: float = 1_800_000_000.0,
    ) -> "Edge":
        clock, memory_runner, limited = ManualClock(now), MemoryPlaybookRunner(), list[str]()
        source, tokens = MemoryIngressListeners(*listeners), MemoryPushTokens()
        audit, counter = MemoryIngressAudit(), MemoryIngressCounter()
        accept = AcceptDelivery(
            listeners=source,
            verify=VerifyDelivery(push_tokens=tokens, clock=clock, replay_window=WINDOW),
            dispatch=DispatchMessage(
                runner=runner or memory_runner,
                audit=audit,
                counter=counter,
                dispatched=ExpiringMemory(clock, seconds=2 * WINDOW, capacity=1000),
                flights=SingleFlight(),
                window_secs=2 * WINDOW,
            ),
            counter=counter,
        )
        app = IngressApp(
            accept=accept if enabled else None,
            rate_limit=RateLimit(rate, clock.monotonic),
            limited=lambda: limited.append("limited"),
            trusted_proxies=(),
            body_limit=body_limit,
        )
        return cls(clock, memory_runner, source, tokens, audit, counter, app, limited)

    def add(self, listener: Listener) -> None:
        self.listeners.listeners[listener.name] = listener

    async def post(self, name: str, body: bytes | str = b"", headers: Headers = ()) -> Answer:
        content = body if isinstance(body, bytes) else body.encode()
        return await self.send(f"/ingress/{name}".encode(), content, raw(headers))

    async def send(
        self, path: bytes, body: bytes, headers: list[tuple[bytes, bytes]], method: str = "POST"
    ) -> Answer:
        """`path` percent-encoded; `headers` as bytes, in the order in which they are sent."""
        return await call(self.app, http_scope(path, headers, method), [body])

    @property
    def order(self) -> ExecutionOrder:
        """The one execution that was started."""
        assert len(self.runner.orders) == 1
        return self.runner.orders[0]

    @property
    def workload(self) -> Any:
        return self.order.workload

    @property
    def envelope(self) -> Any:
        return self.workload["message"]


def raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs]


def http_scope(path: bytes, headers: list[tuple[bytes, bytes]], method: str = "POST") -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": b"",
        "headers": headers,
        "client": ("198.51.100.7", 40000),
    }


async def call(app: IngressApp, scope: dict[str, Any], chunks: list[bytes]) -> Answer:
    incoming: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    incoming[-1]["more_body"] = False
    sent: list[Message] = []

    async def receive() -> Message:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    head, content = sent[0], b"".join(message.get("body", b"") for message in sent[1:])
    fields = {name.decode(): value.decode() for name, value in head.get("headers", ())}
    return Answer(head.get("status", 0), fields, content)


def listener(
    scheme: str = "hmac_sha256",
    *,
    name: str = "orders",
    source: str = "webhook",
    payload_from: str = "message.json",
    pool: str | None = None,
    directives: Any = None,
    problem: str | None = None,
    secret: str | None = SECRET,
    header: str | None = None,
    audience: str | None = None,
    service_account: str | None = None,
) -> Listener:
    return Listener(
        name=name,
        catalog_path=f"subscriptions/{name}",
        subscription_id="766633604792188001",
        verification=Verification(
            scheme=scheme, header=header, secret=secret, audience=audience, service_account=service_account
        ),
        dispatch=Dispatch(playbook="shop/order", payload_from=payload_from, execution_pool=pool),
        source=source,
        directives=parse_directives(directives),
        directives_problem=problem,
    )


def signature(body: bytes | str, secret: str = SECRET) -> str:
    content = body if isinstance(body, bytes) else body.encode()
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def signed(body: bytes | str, **headers: str) -> dict[str, str]:
    """Headers of a delivery to an `hmac_sha256` listener; underscores in names are hyphens."""
    return {"x-signature": signature(body), **{name.replace("_", "-"): value for name, value in headers.items()}}

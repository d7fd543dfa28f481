"""The whole way: a delivery at the edge, an execution and an audit event in a NoETL server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.unit.demo.transports import asgi_transport
from tests.unit.ingress.edge import Answer, call, http_scope, raw, signature
from tests.unit.ingress.upstreams import HttpxUpstream

from adapters.memory.clock import ManualClock
from adapters.memory.ingress import MemoryIngressCounter, MemoryPushTokens
from adapters.noetl.api_client import NoetlApi
from adapters.noetl.ingress_audit import NoetlIngressAudit
from adapters.noetl.ingress_listeners import NoetlIngressListeners
from adapters.noetl.playbook_runner import NoetlPlaybookRunner
from domain.expiring_memory import ExpiringMemory
from domain.ingress.dispatching import DispatchMessage
from domain.ingress.verification import VerifyDelivery
from domain.single_flight import SingleFlight
from domain.use_cases.accept_delivery import AcceptDelivery
from entrypoints.demo.noetl.listeners import DEMO_BEARER_SECRET, DEMO_HMAC_SECRET
from entrypoints.demo.noetl.server import SimulatedNoetl
from entrypoints.http.ingress.app import IngressApp
from entrypoints.http.rate_limit import RateLimit

BODY = b'{"action": "opened", "number": 9007199254740993}'


@dataclass
class Stack:
    noetl: SimulatedNoetl
    app: IngressApp
    counter: MemoryIngressCounter

    async def post(self, name: str, headers: dict[str, str], body: bytes = BODY) -> Answer:
        return await call(self.app, http_scope(f"/ingress/{name}".encode(), raw(headers)), [body])


@pytest.fixture
async def stack() -> AsyncIterator[Stack]:
    async with AsyncExitStack() as resources:
        noetl = await resources.enter_async_context(SimulatedNoetl(internal_token="internal"))
        http = await resources.enter_async_context(httpx.AsyncClient(transport=asgi_transport(noetl)))
        yield await assembled(resources, noetl, http, token="internal")


async def assembled(resources: AsyncExitStack, noetl: SimulatedNoetl, http: httpx.AsyncClient, token: str) -> Stack:
    api = NoetlApi(upstream=HttpxUpstream(http), base_url="http://noetl", timeout=30)
    clock, counter = ManualClock(), MemoryIngressCounter()
    audit = await resources.enter_async_context(NoetlIngressAudit(api))
    accept = AcceptDelivery(
        listeners=NoetlIngressListeners(api=api, token=token, clock=clock),
        verify=VerifyDelivery(push_tokens=MemoryPushTokens(), clock=clock, replay_window=300),
        dispatch=DispatchMessage(
            runner=NoetlPlaybookRunner(api),
            audit=audit,
            counter=counter,
            dispatched=ExpiringMemory(clock, seconds=600, capacity=1000),
            flights=SingleFlight(),
            window_secs=600,
        ),
        counter=counter,
    )
    app = IngressApp(
        accept=accept,
        rate_limit=RateLimit(20, clock.monotonic),
        limited=lambda: None,
        trusted_proxies=(),
    )
    return Stack(noetl, app, counter)


async def test_a_github_delivery_becomes_an_execution_with_its_directives(stack: Stack) -> None:
    headers = {
        "x-hub-signature-256": f"sha256={signature(BODY, DEMO_HMAC_SECRET)}",
        "x-playbook": "demo/steps",
        "x-priority": "high",
    }
    answer = await stack.post("github", headers)
    assert answer.status == 202, answer.body
    execution = stack.noetl.engine.find(answer.json["execution_id"])
    assert execution is not None
    assert execution.entry.playbook.path == "demo/steps"
    assert execution.workload["number"] == 9007199254740993
    assert execution.parent_execution_id == 766633604792188001
    assert stack.counter.counts["dispatched", "github", ""] == 1
    async with asyncio.timeout(5):
        while not stack.noetl.requests.to("/api/events"):
            await asyncio.sleep(0)
    audited: Any = stack.noetl.requests.bodies("/api/events")[0]
    assert audited["execution_id"] == answer.json["execution_id"]
    assert audited["context"]["route_override"] == {"playbook": "demo/steps", "pool": "fast"}


async def test_a_bearer_delivery_becomes_an_execution(stack: Stack) -> None:
    answer = await stack.post("orders", {"authorization": f"Bearer {DEMO_BEARER_SECRET}"}, b"plain text")
    assert answer.status == 202, answer.body
    execution = stack.noetl.engine.find(answer.json["execution_id"])
    assert execution is not None
    assert execution.workload["body"] == "plain text"


async def test_json_as_deep_as_it_may_be_reaches_noetl(stack: Stack) -> None:
    body = b"[" * 128 + b"]" * 128
    answer = await stack.post("orders", {"authorization": DEMO_BEARER_SECRET}, body)
    assert answer.status == 202, answer.body


async def test_noetl_knows_which_listeners_there_are(stack: Stack) -> None:
    assert (await stack.post("nobody", {})).reason == "unknown_listener"
    assert (await stack.post("github", {})).reason == "missing_signature"


async def test_a_wrong_internal_token_is_an_error_of_the_configuration() -> None:
    async with AsyncExitStack() as resources:
        noetl = await resources.enter_async_context(SimulatedNoetl(internal_token="internal"))
        http = await resources.enter_async_context(httpx.AsyncClient(transport=asgi_transport(noetl)))
        stack = await assembled(resources, noetl, http, token="wrong")
        assert (await stack.post("github", {})).reason == "config_error"


async def test_trouble_of_noetl_is_said_to_the_sender(stack: Stack) -> None:
    headers = {"authorization": DEMO_BEARER_SECRET}
    assert (await stack.post("orders", headers)).status == 202
    stack.noetl.faults.reply_status = 500
    assert (await stack.post("orders", headers)).reason == "dispatch_error"
    assert (await stack.post("github", {})).reason == "config_error"

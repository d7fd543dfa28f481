"""Where listeners come from, and how often NoETL is asked (wire 9.1, D35)."""

import asyncio
from typing import Any

import pytest
from tests.unit.ingress.upstreams import ScriptedUpstream

from adapters.memory.clock import ManualClock
from adapters.noetl.api_client import NoetlApi
from adapters.noetl.ingress_listeners import NoetlIngressListeners
from domain.errors import GatewayError, UpstreamMisbehaved, UpstreamSuspended, UpstreamTimedOut, UpstreamUnreachable
from domain.ingress.directives import Control
from domain.ingress.listeners import Dispatch, Verification
from domain.proxying import UpstreamRequest
from entrypoints.demo.noetl.listeners import demo_listeners

CONFIG: dict[str, Any] = {
    "listener": "orders",
    "catalog_path": "subscriptions/orders",
    "source": "webhook",
    "subscription_id": "766633604792188001",
    "verify": {"type": "hmac_sha256", "header": "X-Hub", "secret": "s3cret"},
    "dispatch": {"playbook": "shop/order", "payload_from": "message.body", "execution_pool": "pool"},
}


class Noetl:
    def __init__(self) -> None:
        self.known: dict[str, Any] = {"orders": CONFIG}
        self.trouble: GatewayError | tuple[int, Any] | None = None
        self.upstream = ScriptedUpstream(self._answer)
        self.clock = ManualClock()
        api = NoetlApi(upstream=self.upstream, base_url="http://noetl", timeout=30)
        self.listeners = NoetlIngressListeners(api=api, token="internal", clock=self.clock)

    def _answer(self, request: UpstreamRequest) -> tuple[int, Any] | GatewayError:
        if self.trouble is not None:
            return self.trouble
        config = self.known.get(request.target.decode().rpartition("/")[2])
        return (200, config) if config else (404, {"error": "no subscription", "status": 404})

    @property
    def questions(self) -> int:
        return len(self.upstream.requests)


@pytest.fixture
def noetl() -> Noetl:
    return Noetl()


async def others_run() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_listener_is_asked_for_with_the_internal_token(noetl: Noetl) -> None:
    listener = await noetl.listeners.find("orders")
    assert listener is not None
    assert (listener.name, listener.catalog_path) == ("orders", "subscriptions/orders")
    assert (listener.source, listener.subscription_id) == ("webhook", "766633604792188001")
    assert listener.verification == Verification(scheme="hmac_sha256", header="X-Hub", secret="s3cret")
    assert listener.dispatch == Dispatch(playbook="shop/order", payload_from="message.body", execution_pool="pool")
    request = noetl.upstream.requests[0]
    assert (request.method, request.base_url, request.target) == (
        "GET",
        "http://noetl",
        b"/api/internal/ingress/orders",
    )
    assert (b"authorization", b"Bearer internal") in request.headers


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("Kraków", "Krak%C3%B3w"),
        ("注文", "%E6%B3%A8%E6%96%87"),
        ("a b?#%&", "a%20b%3F%23%25%26"),
        ("a.b-c_d~e", "a.b-c_d~e"),
    ],
)
async def test_a_name_is_encoded_as_utf_8(noetl: Noetl, name: str, segment: str) -> None:
    await noetl.listeners.find(name)
    assert noetl.upstream.targets == [f"/api/internal/ingress/{segment}"]


async def test_the_shortest_answer_is_enough(noetl: Noetl) -> None:
    noetl.known["orders"] = {"catalog_path": "s", "verify": {"type": "bearer"}, "dispatch": {"playbook": "p"}}
    listener = await noetl.listeners.find("orders")
    assert listener is not None
    assert (listener.name, listener.source, listener.subscription_id) == ("orders", "webhook", "")
    assert listener.dispatch == Dispatch(playbook="p")
    assert listener.directives.rules == ()


@pytest.mark.parametrize("extra", [{"subscription_id": 766633604792188001}, {"later": 1}, {"directives": None}])
async def test_answers_are_read_leniently(noetl: Noetl, extra: dict[str, Any]) -> None:
    noetl.known["orders"] = CONFIG | extra
    listener = await noetl.listeners.find("orders")
    assert listener is not None
    assert listener.subscription_id == "766633604792188001"


@pytest.mark.parametrize("name", demo_listeners())
async def test_the_listeners_of_the_demo_are_understood(noetl: Noetl, name: str) -> None:
    noetl.known = dict(demo_listeners())
    listener = await noetl.listeners.find(name)
    assert listener is not None
    assert listener.directives_problem is None
    assert [rule.control for rule in listener.directives.rules] == (
        [Control.PLAYBOOK, Control.PRIORITY, Control.IDEMPOTENCY_KEY] if name == "github" else []
    )


async def test_an_invalid_directive_block_comes_with_its_problem(noetl: Noetl) -> None:
    noetl.known["orders"] = CONFIG | {"directives": {"directives": [{"header": "x", "controls": "everything"}]}}
    listener = await noetl.listeners.find("orders")
    assert listener is not None
    assert listener.directives.rules == ()
    assert listener.directives_problem == "directive 'x' controls 'everything', which is not known"


async def test_an_answer_is_good_for_half_a_minute(noetl: Noetl) -> None:
    for _ in range(3):
        assert await noetl.listeners.find("orders")
        await noetl.clock.advance(14.9)
    assert noetl.questions == 1
    assert await noetl.listeners.find("orders")
    assert noetl.questions == 2
    noetl.known.clear()
    await noetl.clock.advance(30)
    assert await noetl.listeners.find("orders") is None


async def test_that_there_is_no_such_listener_is_good_for_seconds(noetl: Noetl) -> None:
    for _ in range(3):
        assert await noetl.listeners.find("later") is None
    assert noetl.questions == 1
    noetl.known["later"] = CONFIG
    await noetl.clock.advance(5)
    assert await noetl.listeners.find("later")


async def test_questions_at_the_same_time_are_one(noetl: Noetl) -> None:
    noetl.upstream.may_answer.clear()
    callers = [asyncio.create_task(noetl.listeners.find("orders")) for _ in range(20)]
    await others_run()
    noetl.upstream.may_answer.set()
    assert all(await asyncio.gather(*callers))
    assert noetl.questions == 1


@pytest.mark.parametrize("trouble", [UpstreamUnreachable(), UpstreamTimedOut()], ids=lambda error: error.code)
async def test_trouble_passes_through_and_is_not_remembered(noetl: Noetl, trouble: GatewayError) -> None:
    noetl.trouble = trouble
    with pytest.raises(type(trouble)):
        await noetl.listeners.find("orders")
    noetl.trouble = None
    assert await noetl.listeners.find("orders")


@pytest.mark.parametrize(
    "answer",
    [
        (401, {}),
        (403, {"error": "invalid internal API token"}),
        (422, {}),
        (500, {}),
        (503, {}),
        (302, {}),
        (200, b"<html>"),
        (200, {}),
        (200, []),
        (200, CONFIG | {"verify": {}}),
        (200, CONFIG | {"dispatch": {"playbook": None}}),
        (200, CONFIG | {"verify": {"type": "bearer", "secret": 7}}),
    ],
)
async def test_any_other_answer_says_nothing_about_the_listener(noetl: Noetl, answer: tuple[int, Any]) -> None:
    noetl.trouble = answer
    with pytest.raises(UpstreamMisbehaved):
        await noetl.listeners.find("orders")


async def test_a_flood_of_invented_names_takes_nothing_from_the_real_ones(noetl: Noetl) -> None:
    assert await noetl.listeners.find("orders")
    await noetl.clock.advance(31)
    noetl.upstream.may_answer.clear()
    flood = [asyncio.create_task(noetl.listeners.find(f"invented-{number}")) for number in range(40)]
    await others_run()
    assert noetl.questions == 1 + 16
    real = asyncio.create_task(noetl.listeners.find("orders"))
    await others_run()
    assert noetl.questions == 1 + 16 + 1
    noetl.upstream.may_answer.set()
    assert await real
    answers = await asyncio.gather(*flood, return_exceptions=True)
    assert answers.count(None) == 16
    assert sum(isinstance(answer, UpstreamSuspended) for answer in answers) == 24
    assert await noetl.listeners.find("invented-39") is None


async def test_the_secret_is_in_no_error(noetl: Noetl) -> None:
    noetl.trouble = (200, CONFIG | {"catalog_path": 1})
    with pytest.raises(UpstreamMisbehaved) as caught:
        await noetl.listeners.find("orders")
    assert "s3cret" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert "internal" not in repr(noetl.listeners)

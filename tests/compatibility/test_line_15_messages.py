"""Line 15: Pub/Sub envelope; directive precedence; what NoETL is told to run (wire 9.3, 9.4, 9.5)."""

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.compatibility.listeners import SECRET, Ingress, ingress, signed
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.json_types import JsonObject, JsonValue

pytestmark = pytest.mark.integration

BEARER: JsonObject = {"type": "bearer", "secret": SECRET}
PROOF = ("authorization", SECRET)


@pytest.fixture(scope="module")
async def standing(deployment: Deployment) -> AsyncIterator[Ingress]:
    async with ingress(deployment) as pair:
        yield pair


@pytest.fixture
def door(standing: Ingress) -> Ingress:
    standing.noetl.forget()
    return standing


async def _order(door: Ingress, name: str, content: object, *headers: tuple[str, str]) -> Any:
    """The execute call that the delivery leads to."""
    reply = await door.deliver(name, content, [PROOF, *headers])
    assert reply.status_code == 202, reply.text
    (order,) = door.noetl.orders()
    return order


async def test_line_15_a_webhook_becomes_a_workload(door: Ingress) -> None:
    name = door.noetl.add(f"hook-{uuid.uuid4()}", BEARER)
    order = await _order(door, name, {"a": 1, "source": "mine"}, ("X-Message-Id", "m1"), ("X-A", "1"), ("X-A", "2"))
    workload = order.pop("workload")
    assert order == {
        "path": "demo/quick",
        "resource_kind": "playbook",
        "parent_execution_id": 766633604792188001,
        "dedup": order["dedup"],
    }
    message = workload.pop("message")
    headers = message.pop("headers")
    assert workload == {"subscription": f"subscriptions/{name}", "source": "webhook", "a": 1}
    assert message == {
        "id": "m1",
        "data": {"a": 1, "source": "mine"},
        "attributes": {},
        "metadata": {"source": "webhook", "mode": "push"},
    }
    assert headers["x-a"] == ["1", "2"]
    assert headers["x-message-id"] == "m1"


@pytest.mark.parametrize(
    ("body", "data"),
    [(b"", None), (b"plain", "plain"), (b'"text"', "text"), (b"[1]", [1]), (b"\xff", "\ufffd"), (b"12", 12)],
)
async def test_line_15_a_body_is_null_json_or_text(door: Ingress, body: bytes, data: JsonValue) -> None:
    workload = (await _order(door, door.noetl.add(f"any-{uuid.uuid4()}", BEARER), body))["workload"]
    assert workload["message"]["data"] == data
    assert workload["body"] == data
    assert uuid.UUID(workload["message"]["id"])


@pytest.mark.parametrize(
    ("verify", "proof"),
    [
        ({"type": "hmac_sha256", "secret": SECRET}, "x-signature"),
        ({"type": "hmac_sha256", "secret": SECRET, "header": "X-Mine"}, "x-mine"),
        ({"type": "bearer", "secret": SECRET, "header": "x-key"}, "x-key"),
    ],
)
async def test_line_15_what_proved_the_delivery_goes_no_further(
    door: Ingress, verify: JsonObject, proof: str
) -> None:
    """D59: the default signature header reached the workload."""
    body = b"{}"
    value = signed(body) if verify["type"] == "hmac_sha256" else SECRET
    secrets = [("cookie", "c"), ("proxy-authorization", "p"), (proof, value)]
    reply = await door.deliver(door.noetl.add(f"proof-{uuid.uuid4()}", verify), body, secrets)
    assert reply.status_code == 202
    (order,) = door.noetl.orders()
    assert not {proof, "cookie", "authorization", "proxy-authorization"} & set(
        order["workload"]["message"]["headers"]
    )
    assert value not in json.dumps(order)


@pytest.mark.parametrize(
    ("message", "data"),
    [
        ({"data": base64.b64encode(b'{"x": 1}').decode()}, {"x": 1}),
        ({"data": base64.b64encode(b"plain").decode()}, "plain"),
        ({"data": "not base64!"}, "not base64!"),
        ({"data": ""}, None),
        ({}, None),
    ],
)
async def test_line_15_a_pubsub_push_is_unwrapped(door: Ingress, message: JsonObject, data: JsonValue) -> None:
    name = door.noetl.add(f"push-{uuid.uuid4()}", BEARER, source="pubsub")
    message_id = str(uuid.uuid4())
    push = {"message": {**message, "messageId": message_id, "attributes": {"Kind": "k"}}, "subscription": "s"}
    envelope = (await _order(door, name, push, ("X-Header", "not this")))["workload"]["message"]
    assert envelope["data"] == data
    assert envelope["id"] == message_id
    assert envelope["attributes"] == {"Kind": "k"}
    assert envelope["headers"] == {"kind": "k"}
    assert envelope["metadata"] == {"source": "pubsub", "mode": "push"}


async def test_line_15_a_redelivered_push_starts_nothing_twice(door: Ingress) -> None:
    """D54: Pub/Sub delivers again what was not acknowledged in time."""
    name = door.noetl.add(f"again-{uuid.uuid4()}", BEARER, source="pubsub")
    push = {"message": {"message_id": "123", "data": ""}}
    first = await door.deliver(name, push, [PROOF])
    second = await door.deliver(name, push, [PROOF])
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    (order,) = door.noetl.orders()
    assert order["dedup"]["key"] == "123"


@pytest.mark.parametrize(
    ("payload_from", "expected"),
    [
        ("message.json", {"x": {"y": 1}}),
        ("anything", {"x": {"y": 1}}),
        ("message.body", {"body": '{"x":{"y":1}}'}),
        ("message.attributes", {"kind": "k"}),
    ],
)
async def test_line_15_the_payload_is_what_the_subscription_says(
    door: Ingress, payload_from: str, expected: dict[str, object]
) -> None:
    dispatch: JsonObject = {"playbook": "demo/quick", "payload_from": payload_from, "execution_pool": "slow"}
    name = door.noetl.add(f"from-{uuid.uuid4()}", BEARER, source="pubsub", dispatch=dispatch)
    data = base64.b64encode(b'{"x": {"y": 1}}').decode()
    order = await _order(door, name, {"message": {"data": data, "attributes": {"kind": "k"}}})
    assert expected.items() <= order["workload"].items()
    assert order["execution_pool"] == "slow"


DIRECTIVES: JsonObject = {
    "normalize": True,
    "directives": [
        {"header": "X-Playbook", "controls": "dispatch.playbook", "allowed": ["demo/steps", "demo/fails"]},
        {"header": "x-second", "controls": "dispatch.playbook", "allowed": ["demo/large"]},
        {"header": "x-pool", "controls": "dispatch.execution_pool", "allowed": ["direct"]},
        {"header": "x-priority", "controls": "priority", "map": {"high": "fast", "low": "slow"}},
        {"header": "x-key", "controls": "idempotency_key"},
        {"header": "x-type", "controls": "content_type"},
    ],
    "trace": {"propagate": "w3c", "baggage_allowlist": ["tenant"]},
    "passthrough": "data",
}


@pytest.fixture
def steered(door: Ingress) -> str:
    return door.noetl.add(f"steered-{uuid.uuid4()}", BEARER, directives=DIRECTIVES)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], {"path": "demo/quick"}),
        ([("x-playbook", "demo/steps")], {"path": "demo/steps"}),
        ([("x-playbook", "demo/steps"), ("x-second", "demo/large")], {"path": "demo/large"}),
        ([("x-second", "demo/large"), ("x-playbook", "demo/steps")], {"path": "demo/large"}),
        ([("x-playbook", "demo/steps"), ("x-second", "not/allowed")], {"path": "demo/steps"}),
        ([("x-playbook", "auth/login")], {"path": "demo/quick"}),
        ([("x-priority", "high")], {"execution_pool": "fast"}),
        ([("x-priority", "high"), ("x-pool", "direct")], {"execution_pool": "direct"}),
        ([("x-pool", "direct"), ("x-priority", "low")], {"execution_pool": "direct"}),
        ([("x-pool", "other"), ("x-priority", "low")], {"execution_pool": "slow"}),
    ],
    ids=str,
)
async def test_line_15_directives_take_precedence_as_they_are_listed(
    door: Ingress, steered: str, headers: list[tuple[str, str]], expected: dict[str, object]
) -> None:
    assert expected.items() <= (await _order(door, steered, {}, *headers)).items()


async def test_line_15_key_type_and_trace_are_passed_on_and_audited(door: Ingress, steered: str) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    order = await _order(
        door,
        steered,
        {"content_type": "theirs"},
        ("x-playbook", "demo/steps"),
        ("x-key", "k1"),
        ("x-type", "text/x"),
        ("traceparent", traceparent),
        ("tracestate", "a=b"),
        ("baggage", "tenant=t1;p=1, secret=s"),
        ("x-message-id", "m1"),
    )
    trace = {"traceparent": traceparent, "tracestate": "a=b", "baggage": {"tenant": "t1"}}
    assert order["trace"] == trace
    assert order["dedup"]["key"] == "k1"
    assert (order["workload"]["idempotency_key"], order["workload"]["content_type"]) == ("k1", "text/x")
    async with asyncio.timeout(5):
        while not (audits := door.noetl.audits()):
            await asyncio.sleep(0.005)
    (audit,) = audits
    assert audit == {
        "execution_id": "766633604884463618",
        "step": "ingress",
        "event_type": "subscription.message.directives_applied",
        "status": "APPLIED",
        "context": {
            "message_id": "m1",
            "applied": [
                {"header": "x-playbook", "controls": "dispatch.playbook", "effective_value": "demo/steps"},
                {"header": "x-key", "controls": "idempotency_key", "effective_value": "k1"},
                {"header": "x-type", "controls": "content_type", "effective_value": "text/x"},
            ],
            "route_override": {"playbook": "demo/steps", "pool": None},
            "trace": trace,
        },
        "worker_id": "gateway",
        "meta": {"emitter": "gateway_ingress"},
    }


async def test_line_15_a_traceparent_that_is_none_is_dropped(door: Ingress, steered: str) -> None:
    assert "trace" not in await _order(door, steered, {}, ("traceparent", "00-abc-def-01"), ("baggage", "secret=s"))


@pytest.mark.parametrize(
    "directives",
    [
        {"directives": [{"header": "x", "controls": "unheard-of"}]},
        {"directives": [{"header": "x", "controls": "dispatch.playbook"}]},
        {"directives": [{"header": "x", "controls": "priority"}]},
    ],
    ids=str,
)
async def test_line_15_a_block_that_cannot_be_obeyed_refuses_instead_of_running_unsteered(
    door: Ingress, directives: JsonObject
) -> None:
    """D54."""
    name = door.noetl.add(f"broken-{uuid.uuid4()}", BEARER, directives=directives)
    reply = await door.deliver(name, {}, [PROOF])
    assert (reply.status_code, reply.json()["reason"]) == (502, "config_error")
    assert door.noetl.orders() == []

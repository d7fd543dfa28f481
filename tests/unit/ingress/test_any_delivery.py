"""Whatever is sent, the sender is at fault or the back end is: never the gateway."""

import asyncio
import hashlib
import hmac
import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.ingress.edge import SECRET, Answer, Edge, listener
from tests.unit.ingress.test_timestamped import WHSEC

from domain.ingress.directive_block import parse_directives
from domain.ingress.listener_names import listener_name
from domain.playbooks import ExecutionOrder

NAMES = st.sampled_from(
    [
        b"authorization",
        b"x-signature",
        b"webhook-id",
        b"webhook-timestamp",
        b"webhook-signature",
        b"stripe-signature",
        b"x-message-id",
        b"content-length",
        b"traceparent",
        b"tracestate",
        b"baggage",
        b"x-key",
        b"x-pool",
    ]
)
VALUES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"Bearer s3cret", b"t=1800000000,v1=00", b"v1,AAAA", b"1800000000", b"a", b"k=v;p,=,k"]),
)
HEADERS = st.lists(st.tuples(st.one_of(NAMES, st.binary(min_size=1, max_size=10)), VALUES), max_size=8)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters())),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["message", "data", "attributes", "messageId", "x-key", "x-pool", "source", "other"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON.map(lambda value: json.dumps(value).encode()),
    JSON.map(lambda value: json.dumps({"message": value}).encode()),
    st.builds(lambda depth: b"[" * depth + b"]" * depth, st.integers(100, 2000)),
)
DIRECTIVES = {
    "directives": [
        {"header": "x-key", "controls": "idempotency_key"},
        {"header": "x-pool", "controls": "dispatch.execution_pool", "allowed": ["a"]},
    ],
    "trace": {"propagate": "w3c", "baggage_allowlist": ["k"]},
}
LISTENERS = [
    listener(name="hmac", directives=DIRECTIVES),
    listener("bearer", name="bearer", directives=DIRECTIVES),
    listener("bearer", name="pubsub", source="pubsub", directives=DIRECTIVES),
    listener("bearer", name="text", source="pubsub", payload_from="message.body", directives=DIRECTIVES),
    listener("bearer", name="attributes", source="pubsub", payload_from="message.attributes"),
    listener("standard_webhooks", secret=WHSEC, name="webhooks"),
    listener("stripe", name="stripe"),
    listener("pubsub_oidc", name="oidc", audience="a", service_account="b"),
    listener("unheard-of", name="other"),
]


def on_the_wire(order: ExecutionOrder) -> Any:
    """As the adapter sends it and any JSON parser reads it."""
    return json.loads(msgspec.json.encode({"workload": order.workload, **order.extras}))


def deliver(edge: Edge, name: str, body: bytes, headers: list[tuple[bytes, bytes]]) -> Answer:
    return asyncio.run(edge.send(f"/ingress/{name}".encode(), body, headers))


@given(st.sampled_from([known.name for known in LISTENERS]), BODIES, HEADERS)
@settings(max_examples=300, deadline=None)
def test_no_delivery_makes_the_gateway_fail(name: str, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    edge = Edge.create(*LISTENERS)
    answer = deliver(edge, name, body, headers)
    assert answer.status in (202, 401, 403, 413)
    for order in edge.runner.orders:
        on_the_wire(order)


@given(st.sampled_from(["hmac", "pubsub", "text", "attributes"]), BODIES, HEADERS)
@settings(max_examples=300, deadline=None)
def test_every_genuine_delivery_starts_an_execution(
    name: str, body: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    edge = Edge.create(*LISTENERS)
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest().encode()
    proof = [(b"x-signature", signature), (b"authorization", f"Bearer {SECRET}".encode())]
    others = [(header, value) for header, value in headers if header != b"content-length"]
    assert deliver(edge, name, body, proof + others).status == 202
    sent = on_the_wire(edge.order)
    assert sent["workload"]["message"]["metadata"]["mode"] == "push"
    assert "authorization" not in sent["workload"]["message"]["headers"]


@given(st.binary(max_size=60))
def test_what_passes_for_a_name_is_safe_in_a_path(segment: bytes) -> None:
    name = listener_name(segment)
    if name is not None:
        assert name.isprintable()
        assert name not in (".", "..")
        assert not set("/\\") & set(name)
        name.encode()


@given(JSON)
def test_any_block_is_either_understood_or_refused(block: Any) -> None:
    try:
        directives = parse_directives(block)
    except ValueError:
        return
    directives.plan({"x-key": "value"})

"""Headers that steer the execution (wire 9.4), and the audit of what they did."""

import json
from typing import Any

import pytest
from tests.unit.ingress.edge import Edge, listener, signature, signed

from domain.ingress.directive_block import parse_directives

BODY = b"{}"
PLAYBOOK = {"header": "X-Playbook", "controls": "dispatch.playbook", "allowed": ["shop/fast", "shop/slow"]}
POOL = {"header": "x-pool", "controls": "dispatch.execution_pool", "allowed": ["a", "b"]}
PRIORITY = {"header": "x-priority", "controls": "priority", "map": {"high": "fast", "low": "slow"}}
KEY = {"header": "x-idempotency-key", "controls": "idempotency_key"}
TYPE = {"header": "x-type", "controls": "content_type"}
HINT = {"header": "x-schema", "controls": "schema_hint"}
TRACE = {"propagate": "w3c", "baggage_allowlist": ["tenant", "region"]}
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def steered(edge: Edge, *rules: Any, **block: Any) -> None:
    edge.add(listener(pool="default", directives={"directives": list(rules), **block}))


async def test_an_allowed_playbook_is_run_instead(edge: Edge) -> None:
    steered(edge, PLAYBOOK)
    await edge.post("orders", BODY, signed(BODY, x_playbook="shop/slow"))
    assert edge.order.path == "shop/slow"


@pytest.mark.parametrize("value", ["shop/other", "SHOP/FAST", "shop/fast ", "", "shop/fast,shop/slow"])
async def test_a_playbook_that_is_not_allowed_is_ignored(edge: Edge, value: str) -> None:
    steered(edge, PLAYBOOK)
    answer = await edge.post("orders", BODY, signed(BODY, x_playbook=value))
    assert answer.status == 202
    assert edge.order.path == "shop/order"
    assert not edge.audit.events


@pytest.mark.parametrize("rules", [(POOL, PRIORITY), (PRIORITY, POOL)])
async def test_a_pool_beats_a_priority_whatever_the_order(edge: Edge, rules: tuple[Any, ...]) -> None:
    steered(edge, *rules)
    await edge.post("orders", BODY, signed(BODY, x_pool="b", x_priority="high"))
    assert edge.order.extras["execution_pool"] == "b"
    assert {(one.control.value, one.effective_value) for one in edge.audit.events[0].plan.applied} == {
        ("dispatch.execution_pool", "b"),
        ("priority", "fast"),
    }


@pytest.mark.parametrize(
    ("headers", "pool"),
    [
        ({"x_priority": "high"}, "fast"),
        ({"x_priority": "medium"}, "default"),
        ({"x_priority": "high", "x_pool": "c"}, "fast"),
        ({}, "default"),
    ],
)
async def test_a_priority_is_mapped_to_a_pool(edge: Edge, headers: dict[str, str], pool: str) -> None:
    steered(edge, PRIORITY, POOL)
    await edge.post("orders", BODY, signed(BODY, **headers))
    assert edge.order.extras["execution_pool"] == pool


async def test_the_later_rule_of_the_same_control_wins_and_the_earlier_priority(edge: Edge) -> None:
    second = {**PLAYBOOK, "header": "x-other"}
    third = {**PRIORITY, "header": "x-urgency"}
    steered(edge, PLAYBOOK, second, PRIORITY, third)
    headers = {"x_playbook": "shop/fast", "x_other": "shop/slow", "x_priority": "low", "x_urgency": "high"}
    await edge.post("orders", BODY, signed(BODY, **headers))
    assert edge.order.path == "shop/slow"
    assert edge.order.extras["execution_pool"] == "slow"
    assert [one.header for one in edge.audit.events[0].plan.applied] == [
        "x-playbook",
        "x-other",
        "x-priority",
        "x-urgency",
    ]


async def test_key_and_type_go_into_the_workload_and_beat_the_payload(edge: Edge) -> None:
    steered(edge, KEY, TYPE, HINT)
    body = b'{"idempotency_key": "mine", "content_type": "mine", "schema_hint": "mine"}'
    await edge.post("orders", body, signed(body, x_idempotency_key="k-1", x_type="order", x_schema="v2"))
    assert edge.workload["idempotency_key"] == "k-1"
    assert edge.workload["content_type"] == "order"
    assert edge.workload["schema_hint"] == "mine"


async def test_of_a_repeated_header_the_first_value_counts(edge: Edge) -> None:
    """As for verification: else a proxy that looks at the first one sees another delivery than we do (D54)."""
    steered(edge, POOL)
    await edge.post("orders", BODY, [("x-signature", signature(BODY)), ("x-pool", "a"), ("x-pool", "b")])
    assert edge.order.extras["execution_pool"] == "a"


@pytest.mark.parametrize(
    ("value", "effect"),
    [
        ("a", "a"),
        (["a", "b"], "a"),
        ([1, "b"], "b"),
        (1, "1"),
        (1.5, "1.5"),
        (True, "true"),
        (None, None),
        ({}, None),
        ([], None),
    ],
)
def test_attributes_may_have_values_of_any_kind(value: Any, effect: str | None) -> None:
    rule = {"header": "x", "controls": "content_type"}
    plan = parse_directives({"directives": [rule]}).plan({"x": value})
    assert plan.content_type == effect
    assert bool(plan.applied) == (effect is not None)


async def test_a_trace_is_passed_on_where_the_subscription_says_so(edge: Edge) -> None:
    steered(edge, trace=TRACE)
    headers = signed(BODY, traceparent=PARENT, tracestate="vendor=1", baggage="tenant=a;p=1, user=u ,region = eu,x")
    await edge.post("orders", BODY, headers)
    trace = {"traceparent": PARENT, "tracestate": "vendor=1", "baggage": {"tenant": "a", "region": "eu"}}
    assert edge.order.extras["trace"] == trace
    assert edge.audit.events[0].plan.trace == trace
    assert edge.audit.events[0].plan.applied == ()


@pytest.mark.parametrize("trace", [{}, {"propagate": "none", "baggage_allowlist": ["tenant"]}])
async def test_a_trace_is_not_passed_on_otherwise(edge: Edge, trace: Any) -> None:
    steered(edge, trace=trace)
    await edge.post("orders", BODY, signed(BODY, traceparent=PARENT, baggage="tenant=a"))
    assert "trace" not in edge.order.extras


@pytest.mark.parametrize("parent", [f"{PARENT}-", PARENT[1:], PARENT.replace("b7", "g7"), f"{PARENT}\t", ""])
async def test_what_is_no_traceparent_is_dropped(edge: Edge, parent: str) -> None:
    steered(edge, trace={"propagate": "w3c"})
    await edge.post("orders", BODY, signed(BODY, traceparent=parent, baggage="tenant=a"))
    assert "trace" not in edge.order.extras


async def test_directives_that_did_something_are_audited(edge: Edge) -> None:
    steered(edge, PLAYBOOK)
    answer = await edge.post("orders", BODY, signed(BODY, x_playbook="shop/fast", x_message_id="m-1"))
    event = edge.audit.events[0]
    assert event.execution_id == answer.json["execution_id"]
    assert event.message_id == "m-1"
    assert (event.plan.playbook, event.plan.execution_pool) == ("shop/fast", None)


INVALID: list[Any] = [
    [],
    "text",
    {"directives": {}},
    {"directives": None},
    {"directives": ["x"]},
    {"directives": [{"controls": "priority"}]},
    {"directives": [{"header": "x"}]},
    {"directives": [{"header": "x", "controls": "everything"}]},
    {"directives": [{"header": "x", "controls": "dispatch.playbook"}]},
    {"directives": [{"header": "x", "controls": "dispatch.playbook", "allowed": []}]},
    {"directives": [{"header": "x", "controls": "dispatch.playbook", "allowed": "a"}]},
    {"directives": [{"header": "x", "controls": "dispatch.playbook", "allowed": [1]}]},
    {"directives": [{"header": "x", "controls": "dispatch.execution_pool", "allowed": None}]},
    {"directives": [{"header": "x", "controls": "priority"}]},
    {"directives": [{"header": "x", "controls": "priority", "map": {}}]},
    {"directives": [{"header": "x", "controls": "priority", "map": {"a": 1}}]},
    {"normalize": "yes"},
    {"passthrough": 1},
    {"trace": None},
    {"trace": {"propagate": "b3"}},
    {"trace": {"propagate": "w3c", "baggage_allowlist": "tenant"}},
]


@pytest.mark.parametrize("block", INVALID, ids=lambda block: json.dumps(block))
def test_a_block_that_cannot_be_obeyed_is_invalid(block: Any) -> None:
    with pytest.raises(ValueError, match=r"must|known"):
        parse_directives(block)


@pytest.mark.parametrize("block", [None, {}, {"normalize": True, "passthrough": "data", "later": 1}])
def test_a_block_without_directives_is_valid(block: Any) -> None:
    assert parse_directives(block).rules == ()


async def test_an_invalid_block_refuses_deliveries_instead_of_running_them_unsteered(edge: Edge) -> None:
    """D54: the original runs them as if the block were not there."""
    edge.add(listener(problem="directive 'x' controls 'everything', which is not known"))
    answer = await edge.post("orders", BODY, signed(BODY))
    assert (answer.status, answer.reason) == (502, "config_error")
    assert not edge.runner.orders


async def test_who_cannot_sign_does_not_learn_that_the_block_is_invalid(edge: Edge) -> None:
    edge.add(listener(problem="broken"))
    assert (await edge.post("orders", BODY)).reason == "missing_signature"

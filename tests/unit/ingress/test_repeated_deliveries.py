"""The same message twice: a retry of its sender, or a replay by somebody who captured it (D34, D54)."""

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.ingress.edge import SECRET, WINDOW, Answer, Edge, listener, signature, signed
from tests.unit.ingress.test_timestamped import BODY, WHSEC, stripe, webhook, webhook_signature

from adapters.memory.playbook_runner import MemoryPlaybookRunner
from domain.errors import UpstreamTimedOut
from domain.playbooks import Execution, ExecutionOrder, RunStatus


@pytest.fixture
def hooks(edge: Edge) -> Edge:
    edge.add(listener("standard_webhooks", secret=WHSEC))
    return edge


@pytest.fixture
def stripes(edge: Edge) -> Edge:
    edge.add(listener("stripe"))
    return edge


def keys(edge: Edge) -> list[Any]:
    return [order.extras.get("dedup") for order in edge.runner.orders]


async def test_a_replayed_webhook_starts_nothing(hooks: Edge) -> None:
    headers = webhook(hooks)
    first = await hooks.post("orders", BODY, headers)
    again = await hooks.post("orders", BODY, headers)
    assert (again.status, again.json) == (202, first.json)
    assert len(hooks.runner.orders) == 1
    assert hooks.counter.counts == {("received", "orders", ""): 2, ("dispatched", "orders", ""): 1}


async def test_a_replayed_stripe_signature_starts_nothing(stripes: Edge) -> None:
    headers = {"stripe-signature": stripe(stripes)}
    await stripes.post("orders", BODY, headers)
    await stripes.post("orders", BODY, {"stripe-signature": headers["stripe-signature"] + ",v1=00"})
    assert len(stripes.runner.orders) == 1


async def test_a_retry_with_a_fresh_timestamp_is_the_same_webhook(hooks: Edge) -> None:
    first = await hooks.post("orders", BODY, webhook(hooks))
    await hooks.clock.advance(60)
    again = await hooks.post("orders", BODY, webhook(hooks))
    assert again.json == first.json
    assert len(hooks.runner.orders) == 1


async def test_a_replay_is_noticed_for_as_long_as_its_timestamp_is_good(hooks: Edge) -> None:
    """A sender's clock that goes ahead makes a signature good for twice the window."""
    headers = webhook(hooks, age=-WINDOW)
    await hooks.post("orders", BODY, headers)
    for _ in range(4):
        await hooks.clock.advance(WINDOW / 2 - 0.25)
        assert (await hooks.post("orders", BODY, headers)).status == 202
    await hooks.clock.advance(2)
    assert (await hooks.post("orders", BODY, headers)).reason == "stale_timestamp"
    assert len(hooks.runner.orders) == 1


async def test_a_replay_cannot_be_made_to_look_new_by_unsigned_headers(edge: Edge) -> None:
    rule = {"header": "x-idempotency-key", "controls": "idempotency_key"}
    edge.add(listener("standard_webhooks", secret=WHSEC, directives={"directives": [rule]}))
    headers = webhook(edge)
    for number in range(3):
        extra = {"x-idempotency-key": f"k-{number}", "x-message-id": f"m-{number}"}
        assert (await edge.post("orders", BODY, {**headers, **extra})).status == 202
    assert keys(edge) == [{"key": "msg_1", "window_secs": 2 * WINDOW}]


async def test_a_replay_to_another_listener_with_the_same_secret_is_another_message(hooks: Edge) -> None:
    other = listener("standard_webhooks", secret=WHSEC, name="other")
    hooks.add(replace(other, subscription_id="766633604792188002"))
    headers = webhook(hooks)
    assert (await hooks.post("orders", BODY, headers)).status == 202
    assert (await hooks.post("other", BODY, headers)).status == 202
    assert len(hooks.runner.orders) == 2


async def test_a_delivery_that_failed_is_not_remembered(hooks: Edge) -> None:
    hooks.runner.trouble = UpstreamTimedOut()
    assert (await hooks.post("orders", BODY, webhook(hooks))).reason == "dispatch_error"
    hooks.runner.trouble = None
    assert (await hooks.post("orders", BODY, webhook(hooks))).status == 202
    assert len(hooks.runner.orders) == 1


async def test_copies_that_come_at_the_same_time_start_one_execution() -> None:
    may_answer = asyncio.Event()

    async def slowly(_order: ExecutionOrder, _execution: Execution) -> None:
        await may_answer.wait()

    runner = MemoryPlaybookRunner(at_work=slowly)
    edge = Edge.create(listener("standard_webhooks", secret=WHSEC), runner=runner)
    copies = [asyncio.create_task(edge.post("orders", BODY, webhook(edge))) for _ in range(5)]
    await edge.clock.advance(0)
    may_answer.set()
    answers: list[Answer] = await asyncio.gather(*copies)
    assert {answer.body for answer in answers} == {answers[0].body}
    assert len(runner.orders) == 1


async def test_an_idempotency_key_names_a_message(edge: Edge) -> None:
    rule = {"header": "x-idempotency-key", "controls": "idempotency_key"}
    edge.add(listener(directives={"directives": [rule]}))
    await edge.post("orders", BODY, signed(BODY, x_idempotency_key="k-1", x_message_id="m-1"))
    await edge.post("orders", b"[2]", signed(b"[2]", x_idempotency_key="k-1", x_message_id="m-2"))
    assert keys(edge) == [{"key": "k-1", "window_secs": 2 * WINDOW}]


async def test_a_message_id_that_is_not_signed_names_a_message_together_with_its_body(edge: Edge) -> None:
    """Else a captured delivery, sent under the id of one to come, would make that one look like a repetition."""
    edge.add(listener())
    await edge.post("orders", b"captured", signed(b"captured", x_message_id="next"))
    await edge.post("orders", b"genuine", signed(b"genuine", x_message_id="next"))
    await edge.post("orders", b"genuine", signed(b"genuine", x_message_id="next"))
    assert [key["key"] for key in keys(edge)] == [
        f"next:{hashlib.sha256(body).hexdigest()}" for body in (b"captured", b"genuine")
    ]


async def test_messages_that_nothing_names_are_all_different(edge: Edge) -> None:
    edge.add(listener())
    edge.add(listener("bearer", name="bearer"))
    for _ in range(2):
        await edge.post("orders", BODY, {"x-signature": signature(BODY)})
        await edge.post("bearer", BODY, {"authorization": SECRET})
    assert keys(edge) == [None] * 4


@pytest.mark.parametrize("name", ["k" * 201, "a\tb"])
async def test_a_key_that_cannot_be_stored_is_hashed(edge: Edge, name: str) -> None:
    rule = {"header": "x-idempotency-key", "controls": "idempotency_key"}
    edge.add(listener(directives={"directives": [rule]}))
    await edge.post("orders", BODY, signed(BODY, x_idempotency_key=name))
    assert keys(edge)[0]["key"] == f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
    assert edge.workload["idempotency_key"] == name


async def test_a_long_webhook_id_is_hashed_for_noetl_only(hooks: Edge) -> None:
    message_id = "m" * 300
    timestamp = str(int(hooks.clock.now()))
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": webhook_signature(message_id, timestamp),
    }
    assert (await hooks.post("orders", BODY, headers)).status == 202
    assert hooks.envelope["id"] == message_id
    assert keys(hooks)[0]["key"].startswith("sha256:")


class DuplicateFinder(MemoryPlaybookRunner):
    """A NoETL that has seen every message before, from another replica of the gateway."""

    def __init__(self, status: RunStatus) -> None:
        super().__init__()
        self._status = status

    async def execute(self, order: ExecutionOrder) -> Execution:
        await super().execute(order)
        return Execution(execution_id="42", status="duplicate")

    async def status(self, execution_id: str) -> RunStatus:
        assert execution_id == "42"
        return self._status


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED])
async def test_what_noetl_calls_a_duplicate_is_acknowledged_and_not_counted(status: RunStatus) -> None:
    directives = {"directives": [{"header": "x-type", "controls": "content_type"}]}
    known = listener("standard_webhooks", secret=WHSEC, directives=directives)
    edge = Edge.create(known, runner=DuplicateFinder(status))
    answer = await edge.post("orders", BODY, {**webhook(edge), "x-type": "order"})
    assert (answer.status, answer.json["execution_id"]) == (202, "42")
    assert edge.counter.counts["dispatched", "orders", ""] == 0
    assert not edge.audit.events


async def test_a_duplicate_of_a_run_that_noetl_does_not_know_is_not_acknowledged() -> None:
    """NoETL notes a key before it starts a run; if that fails, the sender must keep trying until the note is old."""
    runner = DuplicateFinder(RunStatus.UNKNOWN)
    edge = Edge.create(listener("standard_webhooks", secret=WHSEC), runner=runner)
    assert (await edge.post("orders", BODY, webhook(edge))).reason == "dispatch_error"
    assert (await edge.post("orders", BODY, webhook(edge))).reason == "dispatch_error"
    assert len(runner.orders) == 2

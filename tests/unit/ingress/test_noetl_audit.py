"""The audit of directives reaches NoETL, and no acknowledgement waits for it (D54)."""

import asyncio
from typing import Any

import pytest
from tests.unit.ingress.upstreams import ScriptedUpstream

from adapters.noetl.api_client import NoetlApi
from adapters.noetl.ingress_audit import NoetlIngressAudit
from domain.errors import UpstreamTimedOut
from domain.ingress.directive_block import parse_directives
from domain.json_values import JsonValue
from domain.ports.ingress_audit import DirectivesApplied

RULES: JsonValue = {
    "directives": [
        {"header": "X-Playbook", "controls": "dispatch.playbook", "allowed": ["shop/fast"]},
        {"header": "x-priority", "controls": "priority", "map": {"high": "fast"}},
    ],
    "trace": {"propagate": "w3c"},
}
HEADERS = {"x-playbook": "shop/fast", "x-priority": "high", "tracestate": "v=1"}


def event(execution_id: str = "42") -> DirectivesApplied:
    plan = parse_directives(RULES).plan(HEADERS)
    return DirectivesApplied(execution_id=execution_id, message_id="m-1", plan=plan)


@pytest.fixture
def upstream() -> ScriptedUpstream:
    return ScriptedUpstream(lambda _: (200, {"status": "ok"}))


def audit_over(upstream: ScriptedUpstream, **bounds: int) -> NoetlIngressAudit:
    return NoetlIngressAudit(NoetlApi(upstream=upstream, base_url="http://noetl", timeout=30), **bounds)


async def others_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_an_event_has_the_form_that_noetl_expects(upstream: ScriptedUpstream) -> None:
    async with audit_over(upstream) as audit:
        audit.record(event())
    assert upstream.targets == ["/api/events"]
    assert upstream.bodies == [
        {
            "execution_id": "42",
            "step": "ingress",
            "event_type": "subscription.message.directives_applied",
            "status": "APPLIED",
            "context": {
                "message_id": "m-1",
                "applied": [
                    {"header": "x-playbook", "controls": "dispatch.playbook", "effective_value": "shop/fast"},
                    {"header": "x-priority", "controls": "priority", "effective_value": "fast"},
                ],
                "route_override": {"playbook": "shop/fast", "pool": "fast"},
                "trace": {"tracestate": "v=1"},
            },
            "worker_id": "gateway",
            "meta": {"emitter": "gateway_ingress"},
        }
    ]


async def test_recording_does_not_wait(upstream: ScriptedUpstream) -> None:
    upstream.may_answer.clear()
    async with audit_over(upstream) as audit:
        audit.record(event())
        await others_run()
        assert len(upstream.requests) == 1
        upstream.may_answer.set()


async def test_events_that_nobody_takes_are_bounded(
    upstream: ScriptedUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.may_answer.clear()
    async with audit_over(upstream, writers=2, capacity=3) as audit:
        for number in range(2):
            audit.record(event(str(number)))
        await others_run()
        for number in range(2, 7):
            audit.record(event(str(number)))
        assert len(upstream.requests) == 2
        assert caplog.text.count("is lost") == 2
        upstream.may_answer.set()
    assert [body["execution_id"] for body in upstream.bodies] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("failure", [(500, {}), UpstreamTimedOut(), RuntimeError("a bug")])
async def test_one_lost_event_does_not_end_the_writing(failure: Any, caplog: pytest.LogCaptureFixture) -> None:
    failures = [failure]

    def answer(_: object) -> Any:
        outcome = failures.pop() if failures else (200, {})
        if isinstance(outcome, RuntimeError):
            raise outcome
        return outcome

    upstream = ScriptedUpstream(answer)
    async with audit_over(upstream, writers=1) as audit:
        audit.record(event("1"))
        audit.record(event("2"))
    assert [body["execution_id"] for body in upstream.bodies] == ["1", "2"]
    assert "the audit event of execution 1 is lost" in caplog.text


async def test_leaving_does_not_wait_for_ever(
    upstream: ScriptedUpstream, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.noetl.ingress_audit._FAREWELL_SECONDS", 0.01)
    upstream.may_answer.clear()
    before = asyncio.all_tasks()
    async with audit_over(upstream) as audit:
        audit.record(event())
    assert asyncio.all_tasks() == before
    assert "lost" in caplog.text

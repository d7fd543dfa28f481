"""The execution that a message starts (wire 9.5)."""

import re
from collections.abc import Mapping

from domain.ingress.content import compact_json
from domain.ingress.directives import Plan
from domain.ingress.envelopes import Envelope
from domain.ingress.listeners import Listener
from domain.ingress.messages import Message
from domain.json_values import JsonObject, JsonValue
from domain.playbooks import ExecutionOrder

_DECIMAL = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_IDS = range(-(2**63), 2**63)


def order_of(message: Message, window_secs: int) -> ExecutionOrder:
    """`window_secs`: how long NoETL shall take a second message with this key for the same one."""
    listener, plan = message.listener, message.plan
    extras: dict[str, JsonValue] = {}
    pool = plan.execution_pool if plan.execution_pool is not None else listener.dispatch.execution_pool
    if pool is not None:
        extras["execution_pool"] = pool
    if plan.trace is not None:
        extras["trace"] = plan.trace
    if _DECIMAL.fullmatch(listener.subscription_id) and (parent := int(listener.subscription_id)) in _IDS:
        extras["parent_execution_id"] = parent
    if message.key is not None:
        extras["dedup"] = {"key": message.key.text, "window_secs": window_secs}
    return ExecutionOrder(
        path=listener.dispatch.playbook if plan.playbook is None else plan.playbook,
        workload=workload_of(listener, message.envelope, plan),
        extras=extras,
    )


def workload_of(listener: Listener, envelope: Envelope, plan: Plan) -> JsonObject:
    """What a member of the payload is called never hides what the gateway says about the message."""
    workload: dict[str, JsonValue] = {
        "message": envelope.as_json(),
        "subscription": listener.catalog_path,
        "source": listener.source,
    }
    primary = _primary(listener.dispatch.payload_from, envelope)
    workload = {**primary, **workload} if isinstance(primary, Mapping) else {**workload, "body": primary}
    if plan.idempotency_key is not None:
        workload["idempotency_key"] = plan.idempotency_key
    if plan.content_type is not None:
        workload["content_type"] = plan.content_type
    return workload


def _primary(payload_from: str, envelope: Envelope) -> JsonValue:
    if payload_from == "message.attributes":
        return envelope.attributes
    if payload_from == "message.body":
        return envelope.data if isinstance(envelope.data, str) else compact_json(envelope.data)
    return envelope.data

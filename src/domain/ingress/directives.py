"""Headers of a verified message that steer its execution, as far as the subscription allows (wire 9.4)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial

from domain.ingress.trace_context import trace_context
from domain.json_values import JsonObject, JsonValue


class Control(Enum):
    PLAYBOOK = "dispatch.playbook"
    EXECUTION_POOL = "dispatch.execution_pool"
    PRIORITY = "priority"
    IDEMPOTENCY_KEY = "idempotency_key"
    CONTENT_TYPE = "content_type"
    SCHEMA_HINT = "schema_hint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`allowed`: values of the routing controls. `pools`: what each value of a priority means."""

    header: str
    control: Control
    allowed: frozenset[str] = frozenset()
    pools: Mapping[str, str] = field(default_factory=dict)

    def effect(self, value: str) -> str | None:
        """None where this value may not do anything."""
        match self.control:
            case Control.PLAYBOOK | Control.EXECUTION_POOL:
                return value if value in self.allowed else None
            case Control.PRIORITY:
                return self.pools.get(value)
            case _:
                return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    header: str
    control: Control
    effective_value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the directives of one message come to. None leaves what the subscription says."""

    playbook: str | None = None
    execution_pool: str | None = None
    idempotency_key: str | None = None
    content_type: str | None = None
    trace: JsonObject | None = None
    applied: tuple[Applied, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Directives:
    """`baggage_allowlist` is None where no trace context is passed on."""

    rules: tuple[Rule, ...] = ()
    baggage_allowlist: frozenset[str] | None = None

    def plan(self, channel: JsonObject) -> Plan:
        """`channel`: headers or attributes under lower-case names.

        Rules run in order, and the last of a kind wins; of priorities the first, and only where no execution pool
        is named directly.
        """
        applied: list[Applied] = []
        chosen: dict[Control, str] = {}
        for rule in self.rules:
            value = directive_value(channel, rule.header)
            effect = None if value is None else rule.effect(value)
            if effect is None:
                continue
            applied.append(Applied(header=rule.header, control=rule.control, effective_value=effect))
            if rule.control is not Control.PRIORITY or rule.control not in chosen:
                chosen[rule.control] = effect
        return Plan(
            playbook=chosen.get(Control.PLAYBOOK),
            execution_pool=chosen.get(Control.EXECUTION_POOL, chosen.get(Control.PRIORITY)),
            idempotency_key=chosen.get(Control.IDEMPOTENCY_KEY),
            content_type=chosen.get(Control.CONTENT_TYPE),
            trace=self._trace(channel),
            applied=tuple(applied),
        )

    def _trace(self, channel: JsonObject) -> JsonObject | None:
        if self.baggage_allowlist is None:
            return None
        return trace_context(partial(directive_value, channel), self.baggage_allowlist)


def directive_value(channel: JsonObject, header: str) -> str | None:
    """Of a repeated header the first value, the one that verification reads too (D54)."""
    value: JsonValue = channel.get(header)
    if isinstance(value, list | tuple):
        return next((item for item in value if isinstance(item, str)), None)
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return value if isinstance(value, str) else None

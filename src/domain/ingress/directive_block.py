"""The directive block of a subscription, read strictly (wire 9.4).

The original answers a block that it cannot read by running the deliveries without any directive, so that a typing
error sends them to the wrong playbook, without their idempotency key, and nobody is told. Here such a listener
refuses its deliveries (502 `config_error`, so that senders retry) until the block is repaired (D54).
"""

from collections.abc import Mapping

from domain.ingress.directives import Control, Directives, Rule
from domain.json_values import JsonObject, JsonValue

_ROUTING = (Control.PLAYBOOK, Control.EXECUTION_POOL)


def parse_directives(block: JsonValue) -> Directives:
    """None is no block. Raises ValueError, saying for an operator what is wrong; unknown members are ignored."""
    if block is None:
        return Directives()
    fields = _object(block, "the directive block")
    _flag(fields.get("normalize", False), "normalize")
    _text(fields.get("passthrough", "data"), "passthrough")
    rules = tuple(_rule(rule) for rule in _list(fields.get("directives", []), "directives"))
    return Directives(rules=rules, baggage_allowlist=_baggage_allowlist(fields.get("trace", {})))


def _rule(value: JsonValue) -> Rule:
    fields = _object(value, "a directive")
    header = _text(fields.get("header"), "header").lower()
    word = _text(fields.get("controls"), "controls")
    try:
        control = Control(word)
    except ValueError:
        raise ValueError(f"directive {header!r} controls {word!r}, which is not known") from None
    allowed = frozenset(_texts(fields.get("allowed"), "allowed"))
    pools = _pools(fields.get("map"))
    if control in _ROUTING and not allowed:
        raise ValueError(f"directive {header!r} controls {word!r} and must list the values that are allowed")
    if control is Control.PRIORITY and not pools:
        raise ValueError(f"directive {header!r} controls {word!r} and must map its values to pools")
    return Rule(header=header, control=control, allowed=allowed, pools=pools)


def _baggage_allowlist(value: JsonValue) -> frozenset[str] | None:
    fields = _object(value, "trace")
    propagate = _text(fields.get("propagate", "none"), "propagate")
    if propagate not in ("none", "w3c"):
        raise ValueError(f"trace propagates {propagate!r}, which is not known")
    names = frozenset(_texts(fields.get("baggage_allowlist", []), "baggage_allowlist"))
    return names if propagate == "w3c" else None


def _pools(value: JsonValue) -> Mapping[str, str]:
    fields = {} if value is None else _object(value, "map")
    return {name: _text(pool, "map") for name, pool in fields.items()}


def _texts(value: JsonValue, what: str) -> list[str]:
    return [] if value is None else [_text(item, what) for item in _list(value, what)]


def _object(value: JsonValue, what: str) -> JsonObject:
    if not isinstance(value, Mapping):
        raise ValueError(f"{what} must be an object")
    return value


def _list(value: JsonValue, what: str) -> list[JsonValue]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{what} must be a list")
    return list(value)


def _text(value: JsonValue, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{what} must be text")
    return value


def _flag(value: JsonValue, what: str) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{what} must be true or false")

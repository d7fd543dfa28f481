"""minijinja, as the Rust server and worker use it."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import minijinja
from tests.playbooks.worker import FALSY, Context, Value, as_json, has_markers


@dataclass(frozen=True, slots=True)
class RustWorker:
    """minijinja. The server reads all text as what it looks like, templated or not, the tool what it renders."""

    name: str = "rust"
    _environment: minijinja.Environment = field(
        default_factory=lambda: minijinja.Environment(
            undefined_behavior="chainable", finalizer=_rust_text, filters={"b64encode": _base64_of}
        )
    )

    def rendered(self, value: Value, context: Context) -> Value:
        return self._by_tool(self._by_server(value, _without_nulls(context)), context)

    def holds(self, condition: str, context: Context) -> bool:
        text = self._environment.render_str(condition, **_without_nulls(context))
        return text.strip().lower() not in FALSY

    def run_code(self, code: str, names: dict[str, Value]) -> Value:
        everything: dict[str, Value] = {**names}
        exec(code, everything)
        result: Value = json.loads(json.dumps(everything["result"]))
        return result

    def _by_server(self, value: Value, context: Context) -> Value:
        if isinstance(value, dict):
            return {key: self._by_server(item, context) for key, item in value.items()}
        if isinstance(value, list):
            return [self._by_server(item, context) for item in value]
        if not isinstance(value, str):
            return value
        return _rust_server_reading(self._environment.render_str(value, **context) if has_markers(value) else value)

    def _by_tool(self, value: Value, context: Context) -> Value:
        if isinstance(value, dict):
            return {key: self._by_tool(item, context) for key, item in value.items()}
        if isinstance(value, list):
            return [self._by_tool(item, context) for item in value]
        if not isinstance(value, str) or ("{{" not in value and "{%" not in value):
            return value
        text = self._environment.render_str(value, **context)
        found, parsed = as_json(text)
        return parsed if found else text


def _base64_of(value: object) -> str:
    return base64.b64encode(_rust_text(value).encode()).decode()


def _rust_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _rust_server_reading(text: str) -> Value:
    trimmed = text.strip()
    if trimmed[:1] + trimmed[-1:] in ("[]", "{}"):
        found, parsed = as_json(text)
        if found:
            return parsed
    if trimmed in ("true", "false"):
        return trimmed == "true"
    if re.fullmatch(r"[+-]?[0-9]{1,18}", trimmed, re.ASCII):
        return int(trimmed)
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", trimmed, re.ASCII):
        return float(trimmed)
    return None if trimmed in ("null", "None", "") else text


def _without_nulls(value: Context) -> dict[str, Value]:
    """The server knows null as undefined."""
    return {
        key: _without_nulls(item) if isinstance(item, Mapping) else item
        for key, item in value.items()
        if item is not None
    }

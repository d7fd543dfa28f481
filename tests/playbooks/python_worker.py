"""Jinja2, as the Python server and worker use it."""

import ast
import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import jinja2
from tests.playbooks.worker import FALSY, Context, Value, as_json, has_markers


@dataclass(frozen=True, slots=True)
class PythonWorker:
    """Jinja2. A lone dotted path gives the value itself, all else text that is then read as what it looks like."""

    name: str = "python"
    _environment: jinja2.Environment = field(default_factory=jinja2.Environment)

    def __post_init__(self) -> None:
        self._environment.filters["b64encode"] = _base64_of

    def rendered(self, value: Value, context: Context) -> Value:
        return self._once(self._once(value, context), context)

    def holds(self, condition: str, context: Context) -> bool:
        text = self._environment.from_string(condition).render(context)
        return text.strip().lower() not in FALSY

    def run_code(self, code: str, names: dict[str, Value]) -> Value:
        local_names: dict[str, Value] = {}
        exec(code, {**names}, local_names)
        return local_names["result"]

    def _once(self, value: Value, context: Context) -> Value:
        if isinstance(value, dict):
            return {key: self._once(item, context) for key, item in value.items()}
        if isinstance(value, list):
            return [self._once(item, context) for item in value]
        if not isinstance(value, str) or not has_markers(value):
            return value
        path = re.fullmatch(r"\s*\{\{\s*([A-Za-z0-9_.]+)\s*\}\}\s*", value)
        if path is not None:
            found, direct = _walk(context, path[1])
            if found:
                return direct
        try:
            text = self._environment.from_string(value).render(context)
        except jinja2.TemplateError:
            return value
        return text if "| tojson" in value else _python_reading(text)


def _base64_of(value: object) -> str:
    return base64.b64encode(str(value).encode()).decode()


def _walk(context: Context, path: str) -> tuple[bool, Value]:
    value: object = context
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return False, None
        value = value[part]
    return True, value  # type: ignore[return-value]


def _python_reading(text: str) -> Value:
    if text[:1] + text[-1:] in ("[]", "{}"):
        found, parsed = as_json(text)
        if found:
            return parsed
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text.isdigit():
        return int(text)
    if text.strip().lower() in ("none", "null"):
        return None
    try:
        spelled: Value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return spelled

"""Answers that a real NoETL gave to the auth playbooks."""

import json
from pathlib import Path

from domain.json_values import JsonObject, JsonValue

_CAPTURES = Path(__file__).parents[2] / "fixtures" / "noetl-captures"
USER: JsonObject = {"user_id": 7, "email": "alice@example.com", "display_name": "Alice", "roles": ["admin"]}


def callback(name: str) -> tuple[str, JsonValue]:
    """Status and data of a recorded callback."""
    body = json.loads((_CAPTURES / f"{name}.json").read_text())["body"]
    return body["status"], body["data"]


def reply(name: str) -> JsonValue:
    """The body of a recorded HTTP answer."""
    body: JsonValue = json.loads((_CAPTURES / f"{name}.json").read_text())["response"]["body"]
    return body


def without(fields: JsonObject, name: str) -> JsonObject:
    return {key: value for key, value in fields.items() if key != name}

"""The form in which playbooks get a message, whichever way it came (wire 9.3)."""

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from domain.ingress.content import json_or_text
from domain.ingress.deliveries import Delivery, Verified
from domain.ingress.headers import HeaderMap, first_value, without
from domain.ingress.listeners import Listener
from domain.json_values import JsonObject, JsonValue

_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """`headers` is also what directives are read from. `given_id` is the id as the source gave it, if it did."""

    given_id: str | None
    message_id: str
    data: JsonValue
    headers: JsonObject
    attributes: JsonObject
    source: str
    is_pubsub: bool = False

    def as_json(self) -> JsonObject:
        return {
            "id": self.message_id,
            "data": self.data,
            "headers": self.headers,
            "attributes": self.attributes,
            "metadata": {"source": self.source, "mode": "push"},
        }


def envelope_of(listener: Listener, delivery: Delivery, verified: Verified) -> Envelope:
    """Headers that may hold a secret or a signature are not in it: neither the usual ones nor the one that this
    listener verifies, whatever its name (D59).
    """
    content = json_or_text(delivery.body)
    if listener.source == "pubsub" and isinstance(content, Mapping) and isinstance(content.get("message"), Mapping):
        return _of_pubsub(content["message"])
    given_id = verified.message_id or first_value(delivery.headers, "x-message-id") or None
    return Envelope(
        given_id=given_id,
        message_id=given_id or str(uuid.uuid4()),
        data=content,
        headers=_safe(delivery.headers, listener),
        attributes={},
        source=listener.source,
    )


def _safe(headers: HeaderMap, listener: Listener) -> HeaderMap:
    return without(headers, listener.verification.secret_headers.union(_SECRET_HEADERS))


def _of_pubsub(message: JsonValue) -> Envelope:
    fields: JsonObject = message if isinstance(message, Mapping) else {}
    attributes = fields.get("attributes")
    attributes = attributes if isinstance(attributes, Mapping) else {}
    ids = (fields.get(name) for name in ("messageId", "message_id"))
    given_id = next((value for value in ids if isinstance(value, str) and value), None)
    return Envelope(
        given_id=given_id,
        message_id=given_id or str(uuid.uuid4()),
        data=_data(fields.get("data")),
        headers=_lower_keys(attributes),
        attributes=attributes,
        source="pubsub",
        is_pubsub=True,
    )


def _data(encoded: JsonValue) -> JsonValue:
    if not isinstance(encoded, str) or not encoded:
        return None
    try:
        return json_or_text(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        return encoded


def _lower_keys(attributes: JsonObject) -> JsonObject:
    """Of names that differ in case only, the first counts, as for headers."""
    lowered: dict[str, JsonValue] = {}
    for name, value in attributes.items():
        lowered.setdefault(name.lower(), value)
    return lowered

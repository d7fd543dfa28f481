"""Answers of auth playbooks as they travel on NATS: the HTTP body (wire 4.1), read leniently (wire 2.4)."""

import msgspec

from domain import lenient
from domain.callbacks import CallbackResult
from domain.json_values import JsonValue


def decode(payload: bytes) -> CallbackResult | None:
    """None for what is no answer."""
    try:
        fields: JsonValue = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    request_id = lenient.text(fields.get("request_id"))
    if request_id is None:
        return None
    status = fields.get("status")
    return CallbackResult(
        request_id=request_id,
        execution_id=lenient.text(fields.get("execution_id")),
        status="success" if status is None else str(status),
        data=fields.get("data"),
    )


def encode(result: CallbackResult) -> bytes:
    return msgspec.json.encode(
        {
            "request_id": result.request_id,
            "execution_id": result.execution_id,
            "status": result.status,
            "data": result.data,
        }
    )

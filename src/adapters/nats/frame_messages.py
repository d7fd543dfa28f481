"""Frames as messages of the clients' stream: the text that goes to the client, and headers for the gateway."""

import hashlib
import secrets
from collections.abc import Mapping

from domain.events import EventId, Frame, Stage, StoredFrame
from domain.json_values import RawJson

_EVENT = "Gateway-Event"
_REQUEST = "Gateway-Request"
_EXECUTION = "Gateway-Execution"
_STAGE = "Gateway-Stage"
_HOLD = "Gateway-Hold"
RESULT = "Gateway-Result"
"""Where the text is when it is too large for a message."""
SEQUENCE = "Nats-Sequence"
_PREVIOUS = "Nats-Last-Sequence"
_MESSAGE_ID = "Nats-Msg-Id"
_LONGEST = 128
_STAGES = {stage.value: stage for stage in Stage}


def headers_of(frame: Frame, event: str, client: str) -> dict[str, str]:
    """The message id makes a repeated key no second message; frames without a key repeat only in a retry."""
    headers = {
        _MESSAGE_ID: _message_id(frame, client),
        _EVENT: event,
        _REQUEST: _plain(frame.request_id),
        _STAGE: frame.stage.value,
    }
    if frame.body.execution_id:
        headers[_EXECUTION] = _plain(frame.body.execution_id)
    if frame.hold_until:
        headers[_HOLD] = f"{frame.hold_until:.3f}"
    return headers


def stored_frame(headers: Mapping[str, str], data: bytes, epoch: str, *, live: bool) -> StoredFrame:
    """Only a live message names the client's message before it; a batch has another meaning for that header."""
    previous = headers.get(_PREVIOUS) if live else None
    return StoredFrame(
        id=EventId(epoch, int(headers[SEQUENCE])),
        event=headers.get(_EVENT, ""),
        data=RawJson(data),
        request_id=headers.get(_REQUEST, ""),
        execution_id=headers.get(_EXECUTION, ""),
        stage=_STAGES.get(headers.get(_STAGE, ""), Stage.NONE),
        hold_until=float(headers.get(_HOLD, "0")),
        previous=int(previous) if previous is not None else None,
    )


def _message_id(frame: Frame, client: str) -> str:
    if frame.key is None:
        return secrets.token_hex(12)
    scope = f"{client}\0{frame.request_id}\0{frame.key}"
    return hashlib.blake2b(scope.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _plain(text: str) -> str:
    """Ids come from workers too; a header takes no other text."""
    return text.encode("ascii", "replace").decode()[:_LONGEST]

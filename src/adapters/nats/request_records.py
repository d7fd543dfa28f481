"""Pending requests as the bucket holds them: wire 2.5 with members of the gateway's own."""

import msgspec

from domain.callbacks import PendingRequest


class RequestRecord(msgspec.Struct):
    """`session_token` is always empty, as ever (D27). What the former gateway wrote lacks the later members."""

    client_id: str
    execution_id: str = ""
    playbook_path: str = ""
    created_at: int = 0
    session_token: str = ""
    user_id: int = 0
    announced_at: float = 0.0
    answered: bool = False
    ended: bool = False


def encode(request: PendingRequest) -> bytes:
    return msgspec.json.encode(
        RequestRecord(
            client_id=request.client_id,
            execution_id=request.execution_id,
            playbook_path=request.playbook_path.encode("utf-8", "replace").decode(),
            created_at=request.created_at,
            user_id=request.user_id,
            announced_at=request.announced_at,
            answered=request.answered,
            ended=request.ended,
        )
    )


def decode(value: bytes, request_id: str) -> PendingRequest | None:
    try:
        record = msgspec.json.decode(value, type=RequestRecord)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return PendingRequest(
        request_id=request_id,
        client_id=record.client_id,
        user_id=record.user_id,
        playbook_path=record.playbook_path,
        created_at=record.created_at,
        execution_id=record.execution_id,
        announced_at=record.announced_at,
        answered=record.answered,
        ended=record.ended,
    )

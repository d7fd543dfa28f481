"""Valid examples of what the ports take and give."""

import json
import uuid

from domain.callbacks import PendingRequest
from domain.clients import ClientId
from domain.events import Frame, PlaybookState, Stage, StoredFrame
from domain.identity import Session, SessionToken, User
from domain.lenient import parse_expiry

EXPIRES_AT = "2096-01-28 22:11:41.335589+00"
ALICE = User(user_id=7, email="alice@example.com", display_name="Alice Ünicode", roles=("admin", "viewer"))


def a_token(text: str | None = None) -> SessionToken:
    token = SessionToken.parse(text or uuid.uuid4().hex)
    assert token is not None
    return token


def a_session(token: SessionToken | None = None, user: User = ALICE, *, is_active: bool = True) -> Session:
    return Session(
        token=token or a_token(),
        user=user,
        expires_at=EXPIRES_AT,
        ends_at=parse_expiry(EXPIRES_AT),
        is_active=is_active,
    )


def a_client_id() -> ClientId:
    return ClientId("home", uuid.uuid4().hex)


def a_request(
    client_id: ClientId | None = None, execution_id: str = "", *, request_id: str | None = None, created_at: int = 1
) -> PendingRequest:
    return PendingRequest(
        request_id=request_id or str(uuid.uuid4()),
        client_id=str(client_id or a_client_id()),
        user_id=7,
        playbook_path="examples/hello",
        created_at=created_at,
        execution_id=execution_id,
    )


def an_execution_id() -> str:
    return str(uuid.uuid4().int % 10**18)


def a_frame(
    key: str | None = None, request_id: str = "r-1", *, step: str = "fetch", hold_until: float = 0.0
) -> Frame:
    state = PlaybookState(
        execution_id="766633604884463618",
        event_type="step.exit",
        status="completed",
        at="2026-11-24T00:00:00Z",
        step_name=step,
    )
    return Frame(key=key, request_id=request_id, body=state, stage=Stage.RUNNING, hold_until=hold_until)


def step_of(frame: StoredFrame) -> str:
    name: str = json.loads(frame.data)["params"]["step_name"]
    return name

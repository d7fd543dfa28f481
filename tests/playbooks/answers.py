"""What the gateway makes of a callback: its own body type, its own reading of it."""

import json

import msgspec
from tests.playbooks.worker import Value

from domain import auth_replies
from domain.access import AccessDecision
from domain.identity import Session, SessionToken
from entrypoints.http.routes.callback_bodies import AuthCallbackBody


def _body(callback: dict[str, Value]) -> AuthCallbackBody:
    return msgspec.json.decode(json.dumps(callback), type=AuthCallbackBody)


def logged_in(callback: dict[str, Value]) -> Session:
    body = _body(callback)
    return auth_replies.session_from_login(str(body.status), body.data)


def validated(callback: dict[str, Value], token: str) -> Session | None:
    body = _body(callback)
    assert body.status == "success"
    presented = SessionToken.parse(token)
    assert presented is not None
    return auth_replies.session_from_validation(presented, body.data)


def decided(callback: dict[str, Value]) -> AccessDecision:
    body = _body(callback)
    return auth_replies.decision_from_access_check(str(body.status), body.data)

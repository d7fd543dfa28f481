"""Bodies of the auth routes (wire 3)."""

from typing import Annotated

import msgspec

from domain.identity import Session, User

Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]


class LoginBody(msgspec.Struct):
    auth0_token: str
    auth0_refresh_token: str | None = None
    auth0_domain: str | None = None
    session_duration_hours: Int32 = 8
    client_ip: str | None = None
    client_user_agent: str | None = None


class ValidateBody(msgspec.Struct):
    session_token: str


class CheckAccessBody(msgspec.Struct):
    session_token: str
    playbook_path: str
    permission_type: str


class UserReply(msgspec.Struct):
    user_id: int
    email: str
    display_name: str
    roles: tuple[str, ...]


class LoginReply(msgspec.Struct):
    status: str
    session_token: str
    user: UserReply
    expires_at: str
    message: str


class ValidateReply(msgspec.Struct):
    valid: bool
    user: UserReply | None
    expires_at: str | None
    message: str


class CheckAccessReply(msgspec.Struct):
    allowed: bool
    user: UserReply | None
    playbook_path: str
    permission_type: str
    message: str


def user_reply(user: User) -> UserReply:
    return UserReply(user.user_id, user.email, user.display_name, user.roles)


def login_reply(session: Session) -> LoginReply:
    return LoginReply(
        status="authenticated",
        session_token=session.token.text,
        user=user_reply(session.user),
        expires_at=session.expires_at,
        message="Authentication successful",
    )


def valid_reply(session: Session) -> ValidateReply:
    return ValidateReply(
        valid=True,
        user=user_reply(session.user),
        expires_at=session.expires_at,
        message="Session is valid",
    )


INVALID = ValidateReply(valid=False, user=None, expires_at=None, message="Session is invalid or expired")

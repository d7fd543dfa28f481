"""Sessions as the bucket holds them (wire 2.3); what others wrote is read leniently (wire 2.4)."""

import msgspec

from domain.identity import Session, SessionToken
from domain.lenient import decode_session


def encode(session: Session) -> bytes:
    return msgspec.json.encode(
        {
            "session_token": session.token.text,
            "user_id": session.user.user_id,
            "email": session.user.email,
            "display_name": session.user.display_name,
            "expires_at": session.expires_at,
            "is_active": session.is_active,
            "roles": session.user.roles,
        }
    )


def decode(value: bytes, token: SessionToken) -> Session | None:
    """None for what is no session, or not this token's."""
    try:
        return decode_session(msgspec.json.decode(value), token)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None

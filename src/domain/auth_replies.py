"""What NoETL's answers to login, validation and access checks mean, by callback or by its synchronous API alike."""

from domain import lenient
from domain.access import AccessDecision
from domain.errors import AuthBackEndUnavailable, AuthReplyMalformed, CredentialsRejected
from domain.identity import Session, SessionToken, User
from domain.json_values import JsonObject, JsonValue

_DATABASE_TROUBLE = ("database error", "failed to create session")


def reason(data: JsonObject, default: str) -> str:
    """`message: error` of an answer, as users have always seen it (wire 3.2)."""
    parts = [part.strip() for part in (lenient.text(data.get("message")), lenient.text(data.get("error"))) if part]
    return ": ".join(part for part in parts if part) or default


def session_from_login(status: str, answer: JsonValue) -> Session:
    """Raises:
    CredentialsRejected: the token was refused.
    AuthBackEndUnavailable: NoETL's database is in trouble; that is nobody's wrong password (D12).
    AuthReplyMalformed: something that a session needs is missing.
    """
    data = lenient.mapping(answer) or {}
    if status.lower() != "success":
        why = reason(data, "Invalid credentials")
        if any(word in why.lower() for word in _DATABASE_TROUBLE):
            raise AuthBackEndUnavailable("The login service has trouble with its database. Please retry.")
        raise CredentialsRejected(why)
    outcome = lenient.text(data.get("status"))
    if outcome is None:
        raise AuthReplyMalformed("Login callback missing status field")
    if outcome != "authenticated":
        raise CredentialsRejected(reason(data, f"Authentication status: {outcome}"))
    return _session(data)


def _session(data: JsonObject) -> Session:
    token = SessionToken.parse(lenient.text(data.get("session_token")) or "")
    if token is None:
        raise AuthReplyMalformed("No session token returned")
    expires_at, ends_at = lenient.expiry(data.get("expires_at"))
    user = _login_user(data)
    if not ends_at:
        raise AuthReplyMalformed("Invalid expires_at")
    inactive = "is_active" in data and not lenient.flag(data["is_active"])
    return Session(token=token, user=user, expires_at=expires_at, ends_at=ends_at, is_active=not inactive)


def _login_user(data: JsonObject) -> User:
    fields = lenient.mapping(data.get("user"))
    if fields is None:
        raise AuthReplyMalformed("No user data returned")
    if lenient.text(fields.get("email")) is None:
        raise AuthReplyMalformed("Invalid email")
    user = lenient.user(fields)
    if user is None:
        raise AuthReplyMalformed("Invalid user_id")
    return user


def session_from_validation(token: SessionToken, answer: JsonValue) -> Session | None:
    """None when NoETL says that there is no such session.

    Raises AuthBackEndUnavailable when the answer says neither (D13).
    """
    data = lenient.mapping(answer)
    if data is None or "valid" not in data:
        raise AuthBackEndUnavailable("The session could not be checked. Please retry.")
    if not lenient.flag(data["valid"]):
        return None
    user = lenient.user(data.get("user"), default_id=0)
    if user is None:
        raise AuthBackEndUnavailable("The session could not be checked. Please retry.")
    expires_at, ends_at = lenient.expiry(data.get("expires_at"))
    if ends_at == lenient.NO_MOMENT:
        raise AuthBackEndUnavailable("The session could not be checked. Please retry.")
    return Session(token=token, user=user, expires_at=expires_at, ends_at=ends_at)


def decision_from_access_check(status: str, answer: JsonValue) -> AccessDecision:
    """Raises AuthBackEndUnavailable for an error status: trouble is no decision (D52)."""
    data = lenient.mapping(answer)
    if status.lower() != "success" or data is None or "allowed" not in data:
        raise AuthBackEndUnavailable("Access check backend unavailable")
    user = _access_user(data.get("user"))
    message = lenient.text(data.get("message")) or "Access check completed"
    return AccessDecision(allowed=lenient.flag(data["allowed"]), message=message, user=user)


def _access_user(value: JsonValue) -> User | None:
    fields = lenient.mapping(value)
    if fields is None:
        return None
    email = lenient.text(fields.get("email"))
    return User(
        user_id=lenient.integer(fields.get("user_id")) or 0,
        email=email or "unknown",
        display_name=lenient.text(fields.get("display_name")) or email or "Unknown User",
        roles=lenient.roles(fields.get("roles")),
    )

"""Who somebody is: users, the sessions that prove it, and the tokens that name a session."""

import re
from dataclasses import dataclass
from functools import lru_cache

_STORABLE = re.compile(r"[A-Za-z0-9_=/-][A-Za-z0-9_=./-]{0,511}")
_PRESENTABLE = re.compile(r"[\x21-\x7e]{1,512}")


@dataclass(frozen=True, slots=True)
class SessionToken:
    """A secret: its text appears in no log and no repr.

    Make one with `parse`; `storable` tells whether it may be part of a key or subject of the message store.
    """

    text: str
    storable: bool

    @classmethod
    def parse(cls, text: str) -> "SessionToken | None":
        """None for what can never be a session: empty, over 512 characters, or with anything unprintable.

        Keys of the store take `[A-Za-z0-9_=./-]` without an empty dot-separated part, for anything else
        reads somebody else's session or breaks the protocol line (wire 2.3, D6, D7).
        """
        return _parsed(text)

    def __repr__(self) -> str:
        return "SessionToken(***)"

    __str__ = __repr__


@lru_cache(maxsize=4096)
def _parsed(text: str) -> SessionToken | None:
    """Remembered, because each request presents one, and mostly one of those that came before."""
    return SessionToken(text, is_storable(text)) if _PRESENTABLE.fullmatch(text) else None


def is_storable(text: str) -> bool:
    """May `text` be part of a key or subject of the message store?"""
    return bool(_STORABLE.fullmatch(text)) and not text.endswith(".") and ".." not in text


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    user_id: int
    email: str
    display_name: str
    roles: tuple[str, ...] = ()

    def has_role(self, *wanted: str) -> bool:
        return not set(wanted).isdisjoint(self.roles)

    def __repr__(self) -> str:
        return f"User({self.user_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """`expires_at` is the text that clients get; `ends_at` the same moment in epoch seconds, None if unknown."""

    token: SessionToken
    user: User
    expires_at: str = ""
    ends_at: float | None = None
    is_active: bool = True

    def is_live(self, now: float) -> bool:
        """`now` in epoch seconds. A session without a known end lives until it is revoked."""
        return self.is_active and (self.ends_at is None or now < self.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAttempt:
    """What a client presents at login (wire 3.2). `client_ip` was determined by the gateway itself."""

    auth0_token: str
    auth0_refresh_token: str | None = None
    auth0_domain: str | None = None
    session_duration_hours: int = 8
    client_ip: str = "0.0.0.0"  # noqa: S104 - the wire's word for "unknown", not an address to bind
    client_user_agent: str = "unknown"

    def __repr__(self) -> str:
        return f"LoginAttempt(domain={self.auth0_domain!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a verified token says. `issuer` ends with a slash; `domain` is what the login playbook expects."""

    issuer: str
    domain: str
    subject: str
    email: str | None = None

    def __repr__(self) -> str:
        return f"Identity(issuer={self.issuer!r})"

"""Users and sessions: what the real playbooks keep in PostgreSQL."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from entrypoints.demo.json_types import JsonValue
from entrypoints.demo.noetl.timestamps import iso_text, now
from entrypoints.demo.noetl.tokens import TokenClaims

DEFAULT_ROLES: Mapping[str, tuple[str, ...]] = {
    "alice@example.com": ("admin",),
    "dev@example.com": ("developer",),
    "viewer@example.com": ("viewer",),
}
DEFAULT_INACTIVE = ("inactive@example.com",)


@dataclass(slots=True, kw_only=True)
class Account:
    user_id: int
    email: str
    display_name: str
    roles: tuple[str, ...]
    is_active: bool = True

    def profile(self) -> dict[str, JsonValue]:
        return {"email": self.email, "user_id": self.user_id, "display_name": self.display_name}

    def profile_with_roles(self) -> dict[str, JsonValue]:
        return {**self.profile(), "roles": self.roles}


@dataclass(slots=True, kw_only=True)
class LoginSession:
    token: str
    account: Account
    expires_at: datetime
    is_active: bool = True

    def is_live(self) -> bool:
        return self.is_active and self.account.is_active and self.expires_at > now()

    def cache_value(self) -> dict[str, JsonValue]:
        """What the playbooks put into the K/V bucket under the token."""
        return {
            **self.account.profile_with_roles(),
            "is_active": True,
            "expires_at": iso_text(self.expires_at),
            "session_token": self.token,
        }


class Accounts:
    """A user comes to exist with the first login; `roles` and `inactive` say, by e-mail, what he then is."""

    def __init__(
        self,
        *,
        roles: Mapping[str, tuple[str, ...]] = DEFAULT_ROLES,
        inactive: Collection[str] = DEFAULT_INACTIVE,
        session_lifetime: timedelta = timedelta(hours=24),
    ) -> None:
        self._roles = roles
        self._inactive = inactive
        self._session_lifetime = session_lifetime
        self._accounts: dict[str, Account] = {}
        self._sessions: dict[str, LoginSession] = {}

    def log_in(self, claims: TokenClaims) -> LoginSession:
        """Opens a session, for an inactive user too: like the real playbook, which finds out later."""
        account = self._accounts.get(claims.subject) or self._sign_up(claims)
        session = LoginSession(
            token=secrets.token_hex(16), account=account, expires_at=now() + self._session_lifetime
        )
        self._sessions[session.token] = session
        return session

    def live_session(self, token: str) -> LoginSession | None:
        session = self._sessions.get(token)
        return session if session is not None and session.is_live() else None

    def account(self, email: str) -> Account:
        """Raises `KeyError` for somebody who never logged in."""
        for account in self._accounts.values():
            if account.email == email:
                return account
        raise KeyError(email)

    def revoke(self, token: str) -> None:
        self._sessions[token].is_active = False

    def expire(self, token: str) -> None:
        self._sessions[token].expires_at = now()

    def _sign_up(self, claims: TokenClaims) -> Account:
        account = Account(
            user_id=len(self._accounts) + 1,
            email=claims.email,
            display_name=claims.name,
            roles=self._roles.get(claims.email, ()),
            is_active=claims.email not in self._inactive,
        )
        self._accounts[claims.subject] = account
        return account

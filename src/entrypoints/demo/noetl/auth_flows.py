"""What login, validation and access check answer; the playbooks and the sync API say the same things."""

from entrypoints.demo.json_types import JsonValue
from entrypoints.demo.noetl.accounts import Accounts, LoginSession
from entrypoints.demo.noetl.faults import Faults
from entrypoints.demo.noetl.permissions import Permissions
from entrypoints.demo.noetl.timestamps import iso_text
from entrypoints.demo.noetl.tokens import TokenError, read_token


class AuthFailure(Exception):
    """A flow that ended with `status: error`; `data` is what it carries."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(f"{message}: {error}")
        self.data: dict[str, JsonValue] = {"error": error, "message": message}


class AuthFlows:
    """Every method raises `AuthFailure` while the database is down."""

    def __init__(self, accounts: Accounts, permissions: Permissions, faults: Faults) -> None:
        self._accounts = accounts
        self._permissions = permissions
        self._faults = faults

    def log_in(self, token: str, auth0_domain: str) -> LoginSession:
        """Raises `AuthFailure` for a token that the playbook would not take."""
        try:
            claims = read_token(token, auth0_domain)
        except TokenError as exc:
            raise AuthFailure(str(exc), "Token validation failed") from exc
        self._need_database("Failed to create session")
        return self._accounts.log_in(claims)

    def find_session(self, token: str) -> LoginSession | None:
        self._need_database("Session validation failed")
        return self._accounts.live_session(token)

    def check_access(self, token: str, path: str, action: str) -> dict[str, JsonValue]:
        self._need_database("Access check failed")
        session = self._accounts.live_session(token)
        subject: dict[str, JsonValue] = {"playbook_path": path, "permission_type": action}
        if session is None or not self._permissions.allow(session.account.roles, path, action):
            return {"allowed": False, "message": "Access denied", **subject}
        granted = f"Access granted to {action} playbook"
        return {"user": session.account.profile(), "allowed": True, "message": granted, **subject}

    def _need_database(self, message: str) -> None:
        if self._faults.database_down:
            raise AuthFailure("Database error", message)


def login_data(session: LoginSession) -> dict[str, JsonValue]:
    return {
        "user": session.account.profile_with_roles(),
        "status": "authenticated",
        "expires_at": iso_text(session.expires_at),
        "session_token": session.token,
    }

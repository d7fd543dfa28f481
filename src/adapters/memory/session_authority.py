import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from domain.errors import CredentialsRejected, GatewayError
from domain.identity import LoginAttempt, Session, SessionToken, User
from domain.ports.clock import Clock


async def _at_once() -> None:
    return


class MemorySessionAuthority:
    """Knows the owners of Auth0 tokens and the sessions that it has given out.

    `thinking` is awaited before each answer. `trouble` is raised by every call while it is set.
    """

    def __init__(
        self,
        clock: Clock,
        accounts: Mapping[str, User],
        *,
        thinking: Callable[[], Awaitable[None]] = _at_once,
    ) -> None:
        self.sessions: dict[SessionToken, Session] = {}
        self.attempts: list[LoginAttempt] = []
        self.validated: list[SessionToken] = []
        self.thinking = thinking
        self.trouble: GatewayError | None = None
        self._clock = clock
        self._accounts = accounts

    async def create(self, attempt: LoginAttempt) -> Session:
        self.attempts.append(attempt)
        await self._think()
        user = self._accounts.get(attempt.auth0_token)
        if user is None:
            raise CredentialsRejected("Token validation failed: Invalid JWT format")
        return self.open(user, hours=attempt.session_duration_hours)

    async def validate(self, token: SessionToken) -> Session | None:
        self.validated.append(token)
        await self._think()
        session = self.sessions.get(token)
        return session if session is not None and session.is_live(self._clock.now()) else None

    def open(self, user: User, *, hours: float = 8) -> Session:
        """A session as NoETL gives it out; no gateway knows it yet."""
        ends_at = self._clock.now() + hours * 3600
        session = Session(
            token=SessionToken(secrets.token_hex(16), storable=True),
            user=user,
            expires_at=datetime.fromtimestamp(ends_at, UTC).isoformat(),
            ends_at=ends_at,
        )
        self.sessions[session.token] = session
        return session

    async def _think(self) -> None:
        await self.thinking()
        if self.trouble is not None:
            raise self.trouble

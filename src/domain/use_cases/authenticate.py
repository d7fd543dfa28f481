import logging
from dataclasses import dataclass

from domain.errors import AuthBackEndUnavailable, SessionInvalid, StoreUnavailable, TokenMissing
from domain.expiring_memory import ExpiringMemory
from domain.identity import Session, SessionToken
from domain.ports.clock import Clock
from domain.ports.revocations import Revocations
from domain.ports.session_authority import SessionAuthority
from domain.ports.session_store import SessionStore
from domain.ports.telemetry import Count, Telemetry
from domain.single_flight import SingleFlight

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticate:
    """The live session behind a token: near cache, store, then NoETL, one question per token at a time.

    Raises:
        TokenMissing: there is no token.
        SessionInvalid: there is certainly no such session; the only reason to log a client out.
        AuthBackEndUnavailable, AuthBackEndFailed: nobody can tell right now.
    """

    sessions: SessionStore
    authority: SessionAuthority
    revocations: Revocations
    clock: Clock
    telemetry: Telemetry
    refused: ExpiringMemory[SessionToken, bool]
    """Tokens that NoETL did not know a moment ago: bogus ones cost one question per few seconds (D14)."""
    flights: SingleFlight[SessionToken, Session | None]

    def known(self, token_text: str) -> Session | None:
        """The session if it can be told without waiting; None says nothing. Raises SessionInvalid."""
        token = SessionToken.parse(token_text)
        if token is None:
            raise SessionInvalid
        session = self.sessions.peek(token)
        if session is None or not session.is_live(self.clock.now()):
            return None
        self.telemetry.count(Count.SESSION_LOOKUP, "memory")
        return session

    def peek(self, token: SessionToken) -> Session | None:
        """What `known` gives, not counted: for callers that may yet leave the request to others."""
        session = self.sessions.peek(token)
        return session if session is not None and session.is_live(self.clock.now()) else None

    def count_peeked(self) -> None:
        """A session that `peek` gave has been used."""
        self.telemetry.count(Count.SESSION_LOOKUP, "memory")

    async def __call__(self, token_text: str | None) -> Session:
        if token_text is None:
            raise TokenMissing
        session = self.known(token_text)
        if session is not None:
            return session
        token = SessionToken.parse(token_text)
        if token is None or self.refused.get(token):
            raise SessionInvalid
        session = await self.flights.run(token, lambda: self._look_up(token))
        if session is None:
            raise SessionInvalid
        return session

    async def _look_up(self, token: SessionToken) -> Session | None:
        try:
            stored = await self.sessions.get(token)
        except StoreUnavailable:
            stored = None
        if stored is not None and stored.is_live(self.clock.now()):
            self.telemetry.count(Count.SESSION_LOOKUP, "store")
            return stored
        session = await self._ask_noetl(token)
        self.telemetry.count(Count.SESSION_LOOKUP, "nowhere" if session is None else "noetl")
        if session is None:
            self.refused.put(token, True)
        return session

    async def _ask_noetl(self, token: SessionToken) -> Session | None:
        try:
            if await self.revocations.is_revoked(token):
                return None
        except StoreUnavailable as error:
            # A logged-out token must not come back because its revocation cannot be read.
            raise AuthBackEndUnavailable(str(error)) from error
        session = await self.authority.validate(token)
        if session is None or not session.is_live(self.clock.now()):
            await self._drop(token)
            return None
        return await self._remember(session)

    async def _drop(self, token: SessionToken) -> None:
        try:
            await self.sessions.delete(token)
        except StoreUnavailable:
            log.warning("a session that NoETL no longer knows could not be removed from the store")

    async def _remember(self, session: Session) -> Session | None:
        try:
            await self.sessions.put(session)
            # A logout between the question and the put has deleted the key before it was written.
            if await self.revocations.is_revoked(session.token):
                await self.sessions.delete(session.token)
                return None
        except StoreUnavailable:
            self.telemetry.count(Count.SESSION_CACHE_FAILED, "after_api_validate")
        return session

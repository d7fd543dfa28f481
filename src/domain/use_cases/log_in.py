import logging
from dataclasses import dataclass, replace

from domain.errors import AuthReplyMalformed, CredentialsRejected, GatewayError, StoreUnavailable
from domain.identity import Identity, LoginAttempt, Session
from domain.ports.clock import Clock
from domain.ports.identity_provider import IdentityProvider
from domain.ports.session_authority import SessionAuthority
from domain.ports.session_store import SessionStore
from domain.ports.telemetry import Count, Telemetry

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """An Auth0 token becomes a session. The token is verified before anything of it is sent upstream (D3).

    `confirm`: ask NoETL whether the new session is real before it is believed. For installations where anybody
    can post a callback, so that knowing a request id is not enough to forge a login (D1).

    Raises what IdentityProvider.verify and SessionAuthority.create raise.
    """

    identity_provider: IdentityProvider
    authority: SessionAuthority
    sessions: SessionStore
    clock: Clock
    telemetry: Telemetry
    confirm: bool

    async def __call__(self, attempt: LoginAttempt) -> Session:
        try:
            session = await self._session(attempt)
        except GatewayError as error:
            self.telemetry.count(Count.LOGIN, error.code)
            raise
        self.telemetry.count(Count.LOGIN, "succeeded")
        return session

    async def _session(self, attempt: LoginAttempt) -> Session:
        identity = await self.identity_provider.verify(attempt.auth0_token, attempt.auth0_domain)
        session = await self.authority.create(replace(attempt, auth0_domain=identity.domain))
        self._refuse_a_stranger(session, identity)
        if self.confirm:
            await self._refuse_a_forgery(session)
        try:
            await self.sessions.put(session)
        except StoreUnavailable:
            self.telemetry.count(Count.SESSION_CACHE_FAILED, "after_login")
        return session

    def _refuse_a_stranger(self, session: Session, identity: Identity) -> None:
        if not session.is_live(self.clock.now()):
            raise CredentialsRejected("This account is not active.")
        if identity.email is not None and identity.email.casefold() != session.user.email.casefold():
            log.error("the login service answered with another user's session; the login was refused")
            raise AuthReplyMalformed("The login service answered for somebody else. Please log in again.")

    async def _refuse_a_forgery(self, session: Session) -> None:
        confirmed = await self.authority.validate(session.token)
        if confirmed is None or confirmed.user.user_id != session.user.user_id:
            log.error("NoETL does not confirm the session of a login callback; the login was refused")
            raise AuthReplyMalformed("The login could not be confirmed. Please log in again.")

"""The session gate of /graphql and /noetl: who is it, and was it their own wish?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from domain.errors import BackEndTrouble, OriginDenied, SessionInvalid, TokenMissing
from domain.identity import Session, SessionToken, User
from domain.use_cases.authenticate import Authenticate
from entrypoints.http.asgi import Scope, header
from entrypoints.http.tokens import PresentedToken, presented_token

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
DEVELOPMENT_USER = User(user_id=0, email="dev@localhost", display_name="Dev User", roles=("admin", "developer"))


class SessionCheckCounter(Protocol):
    def __call__(self, outcome: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionGate:
    """Raises what Authenticate raises, and OriginDenied for unsafe requests that only a cookie vouches for and
    that do not come from an allowed origin or the gateway's own pages (D32).

    `bypass`: any token passes as the development user (wire 1.1); it is a danger and shown everywhere.
    """

    authenticate: Authenticate
    origin_allowed: Callable[[bytes], bool]
    count: SessionCheckCounter
    bypass: bool = False

    def known(self, scope: Scope) -> Session | None:
        """The session if it can be told without waiting; None says nothing. Raises like the call."""
        presented = presented_token(scope)
        if presented is None or presented.from_cookie or self.bypass:
            return None
        try:
            session = self.authenticate.known(presented.text)
        except SessionInvalid:
            self.count("invalid_or_expired")
            raise
        if session is not None:
            self.count("ok")
        return session

    def token_to_peek(self, scope: Scope) -> SessionToken | None:
        """The token by which `peek` may tell who asks; None leaves the request to the call."""
        presented = presented_token(scope)
        if presented is None or presented.from_cookie or self.bypass:
            return None
        return SessionToken.parse(presented.text)

    def peek(self, token: SessionToken) -> Session | None:
        """What `known` gives, not counted: for callers that may yet leave the request to others."""
        return self.authenticate.peek(token)

    def count_peeked(self) -> None:
        """A session that `peek` gave has been used."""
        self.authenticate.count_peeked()
        self.count("ok")

    async def __call__(self, scope: Scope) -> Session:
        presented = presented_token(scope)
        try:
            session = await self._session(presented)
        except TokenMissing:
            self.count("missing_token")
            raise
        except SessionInvalid:
            self.count("invalid_or_expired")
            raise
        except BackEndTrouble:
            self.count("validation_error")
            raise
        self.count("bypass" if self.bypass else "ok")
        self.refuse_foreign_wishes(scope, presented)
        return session

    async def _session(self, presented: PresentedToken | None) -> Session:
        if presented is None:
            raise TokenMissing
        if self.bypass:
            return Session(
                token=SessionToken.parse(presented.text) or SessionToken("bypass", False), user=DEVELOPMENT_USER
            )
        return await self.authenticate(presented.text)

    def refuse_foreign_wishes(self, scope: Scope, presented: PresentedToken | None) -> None:
        """Raises OriginDenied."""
        if presented is None or not presented.from_cookie or scope["method"] in _SAFE_METHODS:
            return
        origin = header(scope, b"origin")
        if origin is None or not (self.origin_allowed(origin) or is_own_origin(scope, origin)):
            raise OriginDenied


def is_own_origin(scope: Scope, origin: bytes) -> bool:
    """A page of the gateway itself, over HTTPS or, where the request came without TLS, over HTTP."""
    host = header(scope, b"host")
    if host is None:
        return False
    plain = scope.get("scheme", "http") in ("http", "ws")
    return origin == b"https://" + host or (plain and origin == b"http://" + host)

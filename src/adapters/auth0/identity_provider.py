import logging
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol

from adapters.auth0.claims import check_audience, check_times, email_of, subject_of
from adapters.auth0.issuers import AllowedIssuer
from adapters.auth0.refusals import Reason, TokenRefused
from adapters.auth0.signatures import check_signature
from adapters.auth0.tokens import UnverifiedToken, read_token, unverified_claims
from adapters.signed_tokens.published_keys import PublishedKeys
from domain.errors import BackEndTrouble, CredentialsRejected, IdentityNotConfigured
from domain.identity import Identity
from domain.json_values import JsonObject
from domain.ports.clock import Clock

logger = logging.getLogger(__name__)


class VerifyMode(Enum):
    """GATEWAY_AUTH0_VERIFY."""

    ENFORCE = "enforce"
    SHADOW = "shadow"
    """Checks everything, reports a failure, and lets the bearer pass as whoever the token claims."""
    OFF = "off"


class KeySets(Protocol):
    def of(self, issuer: AllowedIssuer) -> PublishedKeys: ...


class Auth0IdentityProvider:
    """`issuers`: the first one is meant where nothing else decides. `client_id`, `audience`: a token for either is
    for us; with neither, any application of the issuer may log its users in. `on_shadow_failure` gets the word of
    each failure that shadow mode let pass.
    """

    def __init__(
        self,
        *,
        issuers: Sequence[AllowedIssuer],
        key_sets: KeySets,
        clock: Clock,
        mode: VerifyMode = VerifyMode.ENFORCE,
        client_id: str | None = None,
        audience: str | None = None,
        on_shadow_failure: Callable[[str], None] | None = None,
    ) -> None:
        self._issuers = tuple(issuers)
        self._key_sets = key_sets
        self._clock = clock
        self._mode = mode
        self._client_id = client_id or None
        self._accepted = frozenset(name for name in (client_id, audience) if name)
        self._on_shadow_failure = on_shadow_failure

    async def verify(self, token: str, domain: str | None) -> Identity:
        if self._mode is VerifyMode.OFF:
            return self._as_claimed(token, domain)
        try:
            return await self._verified(token, domain)
        except TokenRefused as refusal:
            word = refusal.reason.word
            if self._mode is VerifyMode.ENFORCE:
                logger.info("A login token is refused: %s", word, extra={"reason": word})
                raise CredentialsRejected(str(refusal)) from refusal
        except BackEndTrouble as trouble:
            word = trouble.code
            if self._mode is VerifyMode.ENFORCE:
                logger.warning("A login token cannot be checked: %s", word, extra={"reason": word})
                raise
        logger.warning("A login token passes although it fails verification: %s", word, extra={"reason": word})
        if self._on_shadow_failure is not None:
            self._on_shadow_failure(word)
        return self._as_claimed(token, domain)

    async def _verified(self, text: str, domain: str | None) -> Identity:
        if not self._issuers:
            raise IdentityNotConfigured
        token = read_token(text)
        issuer = self._issuer_of(token, domain)
        await check_signature(token, self._key_sets.of(issuer))
        check_times(token.claims, self._clock.now())
        check_audience(token.claims, self._accepted, self._client_id)
        return Identity(
            issuer=issuer.url,
            domain=issuer.domain,
            subject=subject_of(token.claims),
            email=email_of(token.claims),
        )

    def _issuer_of(self, token: UnverifiedToken, domain: str | None) -> AllowedIssuer:
        """The one that the caller names must also be the one that the token names."""
        candidates = self._named(domain)
        if not candidates:
            raise TokenRefused(Reason.DOMAIN)
        claimed = token.claims.get("iss")
        for candidate in candidates:
            if candidate.url == claimed:
                return candidate
        raise TokenRefused(Reason.ISSUER)

    def _named(self, domain: str | None) -> list[AllowedIssuer]:
        return [one for one in self._issuers if not domain or one.is_named(domain)]

    def _as_claimed(self, token: str, domain: str | None) -> Identity:
        """Whoever the token claims, with an empty subject where it cannot be read."""
        claims = unverified_claims(token)
        issuer = self._claimed_issuer(claims, domain)
        return Identity(
            issuer=issuer.url if issuer else "",
            domain=issuer.domain if issuer else "",
            subject=_or_none(subject_of, claims) or "",
            email=_or_none(email_of, claims),
        )

    def _claimed_issuer(self, claims: JsonObject, domain: str | None) -> AllowedIssuer | None:
        """A foreign domain passes if it is well-formed: the login playbook puts it into templates and URLs."""
        candidates = self._named(domain)
        for candidate in candidates:
            if candidate.url == claims.get("iss"):
                return candidate
        try:
            return candidates[0] if candidates else AllowedIssuer.parse(domain or "")
        except ValueError:
            return self._issuers[0] if self._issuers else None


def _or_none(read: Callable[[JsonObject], str | None], claims: JsonObject) -> str | None:
    try:
        return read(claims)
    except TokenRefused:
        return None

"""Authorization codes: each is good once, for a minute, and for whoever holds the PKCE verifier."""

import base64
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass

from entrypoints.demo.issuer.authorization_request import AuthorizationRequest
from entrypoints.demo.issuer.users import DemoUser

_LIFETIME = 60.0
_MOST_CODES = 1000
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class InvalidGrantError(Exception):
    """The code is unknown, used, expired, somebody else's, or the verifier does not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGrant:
    request: AuthorizationRequest
    user: DemoUser
    expires_at: float


class AuthorizationCodes:
    def __init__(self) -> None:
        self._grants: dict[str, CodeGrant] = {}

    def issue(self, request: AuthorizationRequest, user: DemoUser) -> str:
        while len(self._grants) >= _MOST_CODES:
            del self._grants[next(iter(self._grants))]
        code = secrets.token_urlsafe(32)
        self._grants[code] = CodeGrant(request=request, user=user, expires_at=time.monotonic() + _LIFETIME)
        return code

    def redeem(self, code: str, *, client_id: str, redirect_uri: str, verifier: str) -> CodeGrant:
        """Uses the code up, whatever comes of it. Raises `InvalidGrantError`."""
        grant = self._grants.pop(code, None)
        if grant is None or grant.expires_at < time.monotonic():
            raise InvalidGrantError("the code is unknown, used or expired")
        if (client_id, redirect_uri) != (grant.request.client_id, grant.request.redirect_uri):
            raise InvalidGrantError("the code was issued to another client or redirect_uri")
        if not _fits(verifier, grant.request.code_challenge or ""):
            raise InvalidGrantError("code_verifier does not fit")
        return grant


def s256_challenge(verifier: str) -> str:
    """The `S256` transformation of RFC 7636, section 4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _fits(verifier: str, challenge: str) -> bool:
    well_formed = _VERIFIER.fullmatch(verifier) is not None
    return well_formed and hmac.compare_digest(s256_challenge(verifier).encode(), challenge.encode())

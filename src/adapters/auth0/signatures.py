from typing import Protocol

from jwt import PyJWK, PyJWS, PyJWTError

from adapters.auth0.refusals import Reason, TokenRefused
from adapters.auth0.tokens import UnverifiedToken

_RS256 = ["RS256"]


class PublishedKeys(Protocol):
    """The keys of one issuer."""

    async def find(self, key_id: str) -> PyJWK | None:
        """None when the issuer does not publish it; raises IdentityKeysUnavailable when that cannot be told."""
        ...


async def check_signature(token: UnverifiedToken, keys: PublishedKeys) -> None:
    """Raises TokenRefused (UNKNOWN_KEY, SIGNATURE) or IdentityKeysUnavailable."""
    key = await keys.find(token.key_id)
    if key is None:
        raise TokenRefused(Reason.UNKNOWN_KEY)
    try:
        PyJWS(algorithms=_RS256).decode_complete(token.text, key=key, algorithms=_RS256)
    except PyJWTError as error:
        raise TokenRefused(Reason.SIGNATURE) from error

from typing import Protocol

from domain.identity import Identity


class IdentityProvider(Protocol):
    async def verify(self, token: str, domain: str | None) -> Identity:
        """Who the bearer of an Auth0 token is. `domain` is the caller's claim of where it comes from, or None.

        Nothing of the token is sent anywhere before it has been verified. When several calls need the same keys,
        they are fetched once.

        Raises:
            CredentialsRejected: the token is not acceptable; the text says why without quoting it.
            IdentityKeysUnavailable: the keys cannot be fetched, so nothing can be said about the token.
            IdentityNotConfigured: no issuer is allowed to log anybody in.
        """
        ...

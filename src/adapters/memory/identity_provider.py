from collections.abc import Mapping

from domain.errors import CredentialsRejected, GatewayError, IdentityNotConfigured
from domain.identity import Identity


class MemoryIdentityProvider:
    """Knows the bearers of tokens by heart; None instead of them: no issuer is configured.

    `trouble` is raised by every call while it is set.
    """

    def __init__(self, bearers: Mapping[str, Identity] | None) -> None:
        self._bearers = bearers
        self.trouble: GatewayError | None = None

    async def verify(self, token: str, domain: str | None) -> Identity:
        if self._bearers is None:
            raise IdentityNotConfigured
        if self.trouble is not None:
            raise self.trouble
        identity = self._bearers.get(token)
        if identity is None:
            raise CredentialsRejected("The token is not acceptable.")
        if domain and domain != identity.domain:
            raise CredentialsRejected("The token comes from another domain.")
        return identity

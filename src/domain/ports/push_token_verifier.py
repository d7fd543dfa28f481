from typing import Protocol


class PushTokenVerifier(Protocol):
    async def verify(self, token: str, *, audience: str, service_account: str) -> None:
        """Returns if `token` is an unexpired identity token that Google issued to `service_account` (an e-mail
        address) for `audience`. Keys are fetched once for calls that need the same ones.

        Raises:
            DeliveryRejected: with an `OIDC_...` reason.
            IdentityKeysUnavailable: the keys cannot be fetched, so nothing can be said about the token.
        """
        ...

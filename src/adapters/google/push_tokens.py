from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx
from jwt import PyJWK, PyJWS, PyJWTError

from adapters.google.claims import check_claims
from adapters.google.key_download import DEADLINE_SECONDS, KeyDownload, new_client
from adapters.google.key_set import KeySet
from adapters.google.published_keys import KeyTiming, PublishedKeys
from adapters.google.unverified_tokens import UnverifiedToken, read_token
from domain.ingress.rejections import DeliveryRejected, Reason
from domain.ports.clock import Clock

GOOGLE_KEYS_URL = "https://www.googleapis.com/oauth2/v3/certs"
_RS256 = ["RS256"]


class GooglePushTokenVerifier:
    """Identity tokens of Pub/Sub push subscriptions: RS256 with one of the keys at `keys_url`.

    Keys can be fetched between entering and leaving, each time within `deadline` seconds.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        keys_url: str = GOOGLE_KEYS_URL,
        client_factory: Callable[[], httpx.AsyncClient] = new_client,
        timing: KeyTiming | None = None,
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        self._clock = clock
        self._download = KeyDownload(keys_url, client_factory, deadline)
        self._keys = PublishedKeys(self._download, clock=clock, timing=timing or KeyTiming())

    async def __aenter__(self) -> Self:
        await self._download.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._keys.aclose()
        await self._download.__aexit__(kind, error, trace)

    async def verify(self, token: str, *, audience: str, service_account: str) -> None:
        unverified = read_token(token)
        key = _key(await self._keys.for_token_of(unverified.key_id), unverified.key_id)
        _check_signature(unverified, key)
        claims = unverified.claims()
        check_claims(claims, audience=audience, service_account=service_account, now=self._clock.now())


def _key(keys: KeySet, key_id: str) -> PyJWK:
    if not keys:
        raise DeliveryRejected(Reason.OIDC_NO_JWKS)
    if key_id not in keys:
        raise DeliveryRejected(Reason.OIDC_UNKNOWN_KID)
    key = keys[key_id]
    if key is None:
        raise DeliveryRejected(Reason.OIDC_BAD_KEY)
    return key


def _check_signature(token: UnverifiedToken, key: PyJWK) -> None:
    try:
        PyJWS(algorithms=_RS256).decode_complete(token.text, key=key, algorithms=_RS256)
    except PyJWTError:
        raise DeliveryRejected(Reason.OIDC_BAD_SIGNATURE) from None

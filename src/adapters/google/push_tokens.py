from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

import httpx
from jwt import PyJWK

from adapters.google.claims import check_claims
from adapters.google.key_set import parse_key_set
from adapters.google.unverified_tokens import read_token
from adapters.signed_tokens.json_web_keys import KeySet
from adapters.signed_tokens.key_download import DEADLINE_SECONDS, Get, KeyDownload, KeysUnreachable, new_client
from adapters.signed_tokens.published_keys import KeyTiming, PublishedKeys
from adapters.signed_tokens.signatures import is_signed_with
from domain.ingress.rejections import DeliveryRejected, Reason
from domain.ports.clock import Clock

GOOGLE_KEYS_URL = "https://www.googleapis.com/oauth2/v3/certs"
_TIMING = KeyTiming(age=3600.0, cool_down=60.0)


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
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        self._clock = clock
        self._download = KeyDownload(parse_key_set, client_factory, deadline)
        download = partial(self._download, partial(_published_at, keys_url))
        self._keys = PublishedKeys("push tokens", download, clock=clock, timing=_TIMING)

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
        if not is_signed_with(key, unverified.text):
            raise DeliveryRejected(Reason.OIDC_BAD_SIGNATURE)
        claims = unverified.claims()
        check_claims(claims, audience=audience, service_account=service_account, now=self._clock.now())


async def _published_at(url: str, get: Get) -> bytes:
    body = await get(url)
    if body is None:
        raise KeysUnreachable("status 404")
    return body


def _key(keys: KeySet, key_id: str) -> PyJWK:
    if not keys:
        raise DeliveryRejected(Reason.OIDC_NO_JWKS)
    if key_id not in keys:
        raise DeliveryRejected(Reason.OIDC_UNKNOWN_KID)
    key = keys[key_id]
    if key is None:
        raise DeliveryRejected(Reason.OIDC_BAD_KEY)
    return key

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import httpx

from adapters.auth0.issuers import AllowedIssuer
from adapters.auth0.json_web_keys import KeySet
from adapters.auth0.jwks_client import DEADLINE_SECONDS, JwksClient, new_client
from adapters.auth0.key_cache import CachedKeys, KeyTiming
from domain.ports.clock import Clock


class HttpKeySets:
    """The published keys of any number of issuers, each cached for itself.

    Keys can be fetched between entering and leaving; leaving ends what is still under way. `deadline` (seconds)
    covers one refresh.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        client_factory: Callable[[], httpx.AsyncClient] = new_client,
        timing: KeyTiming | None = None,
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        self._clock = clock
        self._timing = timing or KeyTiming()
        self._client = JwksClient(client_factory, deadline)
        self._sets: dict[str, CachedKeys] = {}

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for keys in self._sets.values():
            await keys.aclose()
        await self._client.__aexit__(kind, error, trace)

    def of(self, issuer: AllowedIssuer) -> CachedKeys:
        return self._cached(issuer.url, lambda: self._client.keys_of(issuer.url))

    def at(self, url: str) -> CachedKeys:
        """The set at one fixed address, which an operator has chosen."""
        return self._cached(url, lambda: self._client.keys_at(url))

    def _cached(self, name: str, fetch: Callable[[], Awaitable[KeySet]]) -> CachedKeys:
        keys = self._sets.get(name)
        if keys is None:
            keys = self._sets[name] = CachedKeys(name, fetch, clock=self._clock, timing=self._timing)
        return keys

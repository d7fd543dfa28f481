from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

import httpx

from adapters.auth0.issuers import AllowedIssuer
from adapters.auth0.key_discovery import published_by
from adapters.auth0.key_set import parse_key_set
from adapters.signed_tokens.key_download import DEADLINE_SECONDS, KeyDownload, new_client
from adapters.signed_tokens.published_keys import KeyTiming, PublishedKeys
from domain.ports.clock import Clock

_TIMING = KeyTiming(age=600.0, cool_down=30.0)


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
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        self._clock = clock
        self._download = KeyDownload(parse_key_set, client_factory, deadline)
        self._sets: dict[str, PublishedKeys] = {}

    async def __aenter__(self) -> Self:
        await self._download.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for keys in self._sets.values():
            await keys.aclose()
        await self._download.__aexit__(kind, error, trace)

    def of(self, issuer: AllowedIssuer) -> PublishedKeys:
        keys = self._sets.get(issuer.url)
        if keys is None:
            download = partial(self._download, partial(published_by, issuer.url))
            keys = PublishedKeys(issuer.url, download, clock=self._clock, timing=_TIMING)
            self._sets[issuer.url] = keys
        return keys

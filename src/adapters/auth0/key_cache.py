"""The keys of one issuer, kept at hand: fetched by one flight at a time, served stale, never lost to a failure."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from jwt import PyJWK

from adapters.auth0.json_web_keys import KeySet
from domain.errors import IdentityKeysUnavailable
from domain.ports.clock import Clock

logger = logging.getLogger(__name__)


class KeysUnreachable(Exception):
    """The text says why, for an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTiming:
    """Seconds. `ttl`: a set older than this is refreshed behind the requests that it still serves.
    `cool_down`: how often an unknown key id may cause a refetch. `pause`: rest after a failure.
    """

    ttl: float = 600.0
    cool_down: float = 30.0
    pause: float = 10.0


class CachedKeys:
    """`fetch` ends by itself, with a set or KeysUnreachable; `name` is for logs."""

    def __init__(self, name: str, fetch: Callable[[], Awaitable[KeySet]], *, clock: Clock, timing: KeyTiming) -> None:
        self._name = name
        self._fetch = fetch
        self._clock = clock
        self._timing = timing
        self._keys: KeySet | None = None
        self._fetched_at = -math.inf
        self._failed_at = -math.inf
        self._failing = False
        self._looked_again_at = -math.inf
        self._flight: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> PyJWK | None:
        keys = self._keys
        if keys is None:
            return self._looked_up(key_id, await self._first_set())
        if self._is_due():
            self._take_off()
        if key_id not in keys and self._takes_another_look():
            await self._landed()
        return self._looked_up(key_id, self._keys or keys)

    async def aclose(self) -> None:
        flight, self._flight = self._flight, None
        if flight is not None:
            flight.cancel()
            await asyncio.wait((flight,))

    async def _first_set(self) -> KeySet:
        if self._flight is not None or not self._is_pausing():
            await self._landed()
        if self._keys is None:
            raise IdentityKeysUnavailable
        return self._keys

    def _looked_up(self, key_id: str, keys: KeySet) -> PyJWK | None:
        key = keys.get(key_id)
        if key is None and self._failing:
            raise IdentityKeysUnavailable  # perhaps a new key, published where we cannot look
        return key

    def _is_pausing(self) -> bool:
        return self._clock.monotonic() < self._failed_at + self._timing.pause

    def _is_due(self) -> bool:
        return self._clock.monotonic() >= self._fetched_at + self._timing.ttl and not self._is_pausing()

    def _takes_another_look(self) -> bool:
        if self._flight is not None:
            return True
        now = self._clock.monotonic()
        if now < self._looked_again_at + self._timing.cool_down:
            return False
        self._looked_again_at = now
        return True

    def _take_off(self) -> asyncio.Task[None]:
        if self._flight is None:
            self._flight = asyncio.create_task(self._fly(), name=f"keys of {self._name}")
        return self._flight

    async def _landed(self) -> None:
        # Whoever waits and gives up, or is refused, leaves the flight to the others.
        await asyncio.wait((self._take_off(),))

    async def _fly(self) -> None:
        try:
            self._keys = await self._fetch()
        except KeysUnreachable as error:
            self._failing, self._failed_at = True, self._clock.monotonic()
            logger.warning("The keys of %s cannot be fetched: %s", self._name, error)
        except Exception:
            self._failing, self._failed_at = True, self._clock.monotonic()
            logger.exception("Fetching the keys of %s failed unexpectedly", self._name)
        else:
            self._failing, self._fetched_at = False, self._clock.monotonic()
        finally:
            self._flight = None

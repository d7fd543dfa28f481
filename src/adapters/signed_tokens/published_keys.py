"""The keys of one issuer, kept at hand: downloaded by one task at a time, served stale, never lost to a failure."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adapters.signed_tokens.json_web_keys import KeySet
from adapters.signed_tokens.key_download import KeysUnreachable
from domain.errors import IdentityKeysUnavailable
from domain.ports.clock import Clock

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTiming:
    """Seconds. `age`: a set older than this is refreshed behind the requests that it still serves. `cool_down`: how
    often an unknown key id may cause a refresh. `pause`: rest after a failure.
    """

    age: float
    cool_down: float
    pause: float = 10.0


class PublishedKeys:
    """`download` ends by itself, with a set or KeysUnreachable; `name` is for logs."""

    def __init__(
        self, name: str, download: Callable[[], Awaitable[KeySet]], *, clock: Clock, timing: KeyTiming
    ) -> None:
        self._name = name
        self._download = download
        self._clock = clock
        self._timing = timing
        self._keys: KeySet | None = None
        self._fetched_at = self._failed_at = self._looked_again_at = -math.inf
        self._failing = False
        self._flight: asyncio.Task[None] | None = None

    async def for_token_of(self, key_id: str) -> KeySet:
        """The published set, looked up anew where it has no such key.

        Raises IdentityKeysUnavailable when there is none yet, or when the key may be one that was published where
        we cannot look.
        """
        if self._keys is None:
            await self._first_landed()
        else:
            if self._is_old():
                self._take_off()
            if key_id not in self._keys and self._may_look_again():
                await self._landed()
        if self._keys is None or (key_id not in self._keys and self._failing):
            raise IdentityKeysUnavailable
        return self._keys

    async def aclose(self) -> None:
        flight, self._flight = self._flight, None
        if flight is not None:
            flight.cancel()
            await asyncio.wait((flight,))

    async def _first_landed(self) -> None:
        if self._flight is not None or not self._is_pausing():
            await self._landed()

    def _is_pausing(self) -> bool:
        return self._clock.monotonic() < self._failed_at + self._timing.pause

    def _is_old(self) -> bool:
        return self._clock.monotonic() >= self._fetched_at + self._timing.age and not self._is_pausing()

    def _may_look_again(self) -> bool:
        if self._flight is not None:
            return True
        now = self._clock.monotonic()
        if now < self._looked_again_at + self._timing.cool_down:
            return False
        self._looked_again_at = now
        return True

    async def _landed(self) -> None:
        # Whoever waits and gives up, or is refused, leaves the flight to the others.
        await asyncio.wait((self._take_off(),))

    def _take_off(self) -> asyncio.Task[None]:
        if self._flight is None:
            self._flight = asyncio.create_task(self._fly(), name=f"keys of {self._name}")
        return self._flight

    async def _fly(self) -> None:
        try:
            self._keys = await self._download()
        except KeysUnreachable as error:
            self._failed()
            logger.warning("The keys of %s cannot be fetched: %s", self._name, error)
        except Exception:
            self._failed()
            logger.exception("Fetching the keys of %s failed unexpectedly", self._name)
        else:
            self._failing, self._fetched_at = False, self._clock.monotonic()
        finally:
            self._flight = None

    def _failed(self) -> None:
        self._failing, self._failed_at = True, self._clock.monotonic()

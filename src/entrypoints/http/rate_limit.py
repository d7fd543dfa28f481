"""Token buckets per address, for the routes that anybody can call (D14)."""

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Network

from domain.errors import TooManyRequests

_ADDRESSES = 20_000


class RateLimit:
    """`rate` requests per second and address, three times that in a burst; 0 switches it off.

    `monotonic` gives seconds. The least recently seen addresses are forgotten past a bound. An IPv6 client has a
    whole /64 to itself and is limited as one.
    """

    def __init__(self, rate: float, monotonic: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = max(1.0, 3 * rate)
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Raises TooManyRequests."""
        if self._rate <= 0:
            return
        client, now = _client(address), self._monotonic()
        left, then = self._buckets.get(client, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._rate)
        self._buckets[client] = (left - 1.0 if left >= 1.0 else left, now)
        self._buckets.move_to_end(client)
        while len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        if left < 1.0:
            raise TooManyRequests(retry_after=(1.0 - left) / self._rate)

    def give_back(self, address: str) -> None:
        """Undoes one `take`: the request has turned out to be welcome."""
        client = _client(address)
        bucket = self._buckets.get(client)
        if bucket is not None:
            self._buckets[client] = (min(self._burst, bucket[0] + 1.0), bucket[1])


def _client(address: str) -> str:
    return str(IPv6Network((address, 64), strict=False)) if ":" in address else address

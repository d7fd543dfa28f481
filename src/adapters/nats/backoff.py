import random


class Backoff:
    """Growing waits with jitter, so that replicas do not come back all at once."""

    def __init__(self, *, shortest: float, longest: float) -> None:
        """In seconds."""
        self._shortest = shortest
        self._longest = longest
        self._next = shortest

    def next(self) -> float:
        wait = self._next
        self._next = min(self._longest, self._next * 2)
        return wait * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing

    def reset(self) -> None:
        self._next = self._shortest

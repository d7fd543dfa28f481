"""How many streams there may be: in this process, of one user, of one session."""

from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from domain.errors import TooManyRequests
from domain.identity import Session

K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    per_process: int = 20_000
    per_user: int = 100
    per_session: int = 20


class StreamPlaces:
    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits
        self._of_user: Counter[int] = Counter()
        self._of_session: Counter[str] = Counter()
        self.taken = 0

    def place(self, session: Session) -> "Place":
        """Taken from now on. Raises TooManyRequests."""
        user, token = session.user.user_id, session.token.text
        self._check(user, token)
        self.taken += 1
        self._of_user[user] += 1
        self._of_session[token] += 1
        return Place(self, session)

    def release(self, session: Session) -> None:
        self.taken -= 1
        _release(self._of_user, session.user.user_id)
        _release(self._of_session, session.token.text)

    def _check(self, user: int, token: str) -> None:
        if self._of_session[token] >= self._limits.per_session:
            raise TooManyRequests("This session has too many open streams. Close one first.", retry_after=5)
        if self._of_user[user] >= self._limits.per_user:
            raise TooManyRequests("This user has too many open streams. Close one first.", retry_after=5)
        if self.taken >= self._limits.per_process:
            raise TooManyRequests("The gateway has no place for another stream. Please retry.", retry_after=5)


class Place:
    """Given back at the end of a `with`, unless it is kept: then by `release`."""

    __slots__ = ("_kept", "_places", "_session")

    def __init__(self, places: StreamPlaces, session: Session) -> None:
        self._places = places
        self._session = session
        self._kept = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._kept:
            self.release()

    def keep(self) -> None:
        self._kept = True

    def release(self) -> None:
        self._places.release(self._session)


def _release(counter: Counter[K], key: K) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]

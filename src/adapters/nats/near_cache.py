"""The sessions that this process has used, in memory, bounded, never older than what the bucket's feed has told."""

from collections import OrderedDict
from dataclasses import dataclass

from domain.identity import Session

_RECENT = 4096


@dataclass(slots=True)
class _Kept:
    session: Session
    revision: int
    until: float


class NearCache:
    """Times are monotonic seconds; revisions those of the bucket."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._recent: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str, now: float) -> Session | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until <= now:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return kept.session

    def holds(self, key: str) -> bool:
        return key in self._kept

    def keep(self, key: str, session: Session, revision: int, until: float) -> None:
        """What was read or written; older than what is known already, it is not believed."""
        if self._recent.get(key, 0) > revision:
            return
        known = self._kept.get(key)
        if known is not None and known.revision > revision:
            return
        self._kept[key] = _Kept(session, revision, until)
        self._kept.move_to_end(key)
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def changed(self, key: str, revision: int) -> None:
        """The bucket has a newer word about the key: a read that is under way must not bring back the old one."""
        known = self._kept.get(key)
        if known is not None and known.revision < revision:
            del self._kept[key]
        self._recent[key] = max(revision, self._recent.get(key, 0))
        self._recent.move_to_end(key)
        if len(self._recent) > _RECENT:
            self._recent.popitem(last=False)

    def drop(self, key: str) -> None:
        self._kept.pop(key, None)

    def clear(self) -> None:
        self._kept.clear()
        self._recent.clear()

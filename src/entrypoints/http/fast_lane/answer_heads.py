"""Heads of answers as they are written to clients, kept for as long as nothing that goes into them changes."""

from typing import NamedTuple

from entrypoints.http.asgi import RawHeaders
from entrypoints.http.fast_lane.direct import AnswerHead

_KEPT = 512
_LONGEST = 2048
"""Bytes."""

Fields = list[tuple[bytes, bytes]]


class WrittenHead(NamedTuple):
    """`chunked` and `length` are how the body behind it is framed, as the cycle of a request keeps them.

    `dated`, `cors` and `base_url` are what has gone into `text` beside NoETL's own head.
    """

    text: bytes
    chunked: bool | None
    length: int
    dated: Fields
    cors: RawHeaders
    base_url: str


class AnswerHeads:
    """Works as far as NoETL's client gives the same object for the same head; for others it costs a little."""

    def __init__(self) -> None:
        self._kept: dict[AnswerHead, WrittenHead] = {}

    def get(self, head: AnswerHead, dated: Fields, cors: RawHeaders, base_url: str) -> WrittenHead | None:
        kept = self._kept.get(head)
        if kept is None or kept.dated is not dated or kept.cors is not cors or kept.base_url != base_url:
            return None
        return kept

    def keep(self, head: AnswerHead, written: WrittenHead) -> None:
        if len(written.text) > _LONGEST:
            return
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[head] = written

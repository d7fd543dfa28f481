"""Ways in which a network may cut a message into reads."""

import itertools
import random
import zlib
from collections.abc import Iterator

_STEPS = (1, 2, 7)
_DRAWN = 2
_MOST_CUTS = 5


def ways_to_cut(data: bytes) -> Iterator[list[bytes]]:
    """In steps, behind the first byte of a body, and at places that `data` itself decides.

    The same input is always cut the same way.
    """
    for step in _STEPS:
        yield [data[at : at + step] for at in range(0, len(data), step)]
    body = data.find(b"\r\n\r\n") + 5
    yield [data[:body], data[body:]]
    drawn = random.Random(zlib.crc32(data))
    for _ in range(_DRAWN if len(data) > 1 else 0):
        places = {drawn.randrange(1, len(data)) for _ in range(drawn.randint(1, _MOST_CUTS))}
        yield [data[start:end] for start, end in itertools.pairwise([0, *sorted(places), len(data)])]

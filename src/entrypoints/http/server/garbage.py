"""When Python looks for cycles of garbage, of which a server makes little, and has much to look through."""

import gc

_THRESHOLDS = (10_000, 5, 5)
"""New objects that outlive their function before the young ones are looked through, and how many such looks before
the next generations are. Python's own number is 700, which a server with some hundred requests under way reaches all
the time, and finds nothing. The others are lower than its 10: what WebSockets leave behind is found in the last one.
"""


def settle() -> None:
    """To be called once all is set up: what is there now stays, and is never looked through again.

    Objects that no cycle holds are freed at once, as ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)

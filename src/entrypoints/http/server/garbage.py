"""When Python looks for cycles of garbage, of which a server makes little, and has much to look through."""

import gc

_YOUNG = 20_000
"""New objects that outlive their function before the young ones are looked through; Python's own number is 700,
which a server with some hundred requests under way reaches all the time, and finds nothing.
"""


def settle() -> None:
    """To be called once all is set up: what is there now stays, and is never looked through again.

    Objects that no cycle holds are freed at once, as ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])

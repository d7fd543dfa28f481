"""How long frames wait for the response that announces their request (wire 4.6).

A browser learns its request id from the mutation's response and drops frames that come before. So frames carry
until when they are to be held at most; the serving process lets them go as soon as the response is written.
"""

from domain.callbacks import PendingRequest

WHILE_UNANNOUNCED = 10.0
"""Seconds for a request whose execute call has not returned yet."""

AFTER_ANNOUNCEMENT = 2.0
"""Seconds that a response may take from being ready to being written, on any replica."""

AFTER_RESPONSE = 0.3
"""Seconds between a response and the frames that it announces where they go by different connections: nothing keeps
those in order, and a page needs a moment to read the response.
"""


def hold_until(request: PendingRequest, now: float) -> float:
    """Epoch seconds until which a frame of `request` that is published `now` is held, 0.0 for not at all."""
    if not request.announced_at:
        return now + WHILE_UNANNOUNCED
    limit = request.announced_at + AFTER_ANNOUNCEMENT
    return limit if limit > now else 0.0

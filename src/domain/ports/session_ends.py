from collections.abc import Callable
from typing import Protocol

from domain.identity import SessionToken


class SessionEnds(Protocol):
    """Word that a session was ended: logged out, or its key deleted by whomever, on whichever replica."""

    def listen(self, token: SessionToken, ended: Callable[[], None]) -> Callable[[], None]:
        """`ended` is called once, on the event loop, within a second; the returned function stops listening.

        Expiry by time is not announced: the listener knows the session's end.
        """
        ...

"""The callback side of the client: what a connection tells whoever asked for something."""

from typing import Protocol

from adapters.noetl.http1.response_head import ResponseHead
from domain.errors import BackEndTrouble


class Exchange(Protocol):
    """Listens to one request's answer. Called from the event loop; must not raise and cannot wait.

    Order: `on_head` once, `on_body` while bytes arrive, then `on_complete` or `on_failure`, once. A failure may come
    at any point before. After `Connection.abandon()` only the calls of the read in progress may still come.
    """

    def on_head(self, head: ResponseHead) -> None:
        """The final answer's head; interim (1xx) answers are skipped. Whatever of the request is unsent stays so."""
        ...

    def on_body(self, chunk: bytes) -> None:
        """Never empty. Hold back a fast upstream with `Connection.pause_reading()`."""
        ...

    def on_complete(self) -> None:
        """The connection has already gone back to its pool, or was closed."""
        ...

    def on_failure(self, error: BackEndTrouble, *, retryable: bool) -> None:
        """The connection is closed. `retryable`: it was kept from an earlier request and broke before a single
        byte of this answer came, so that the upstream has most likely never seen the request."""
        ...

    def on_writable(self) -> None:
        """The write buffer has drained after `Connection.writable` was false."""
        ...

"""What the server offers to applications beyond ASGI, as `scope["extensions"]["noetl.transport"]`."""

from collections.abc import Callable

from entrypoints.http.server.cycle import GatewayCycle
from entrypoints.http.server.stream_writer import StreamWriter

EXTENSION = "noetl.transport"


class TransportExtension:
    """One per connection, for the application that is answering on it just now."""

    __slots__ = ("_callbacks", "active")

    def __init__(self) -> None:
        self.active: GatewayCycle | None = None
        self._callbacks: list[Callable[[], object]] = []

    def begin(self, cycle: GatewayCycle) -> None:
        self.active = cycle
        if self._callbacks:
            self._callbacks = []

    def writer(self, _receive: object = None) -> StreamWriter:
        """Raises RuntimeError while there is no started response without a content-length."""
        if self.active is None:
            raise RuntimeError("there is no response to write to")
        return StreamWriter(self.active)

    def on_gone(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Has `callback` called once the client leaves before its response is complete; the result undoes that."""
        self._callbacks.append(callback)

        def forget() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return forget

    def client_left(self) -> None:
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

from collections.abc import Callable

from adapters.memory.bus import MemoryBus
from domain.identity import SessionToken


class MemorySessionEnds:
    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    def listen(self, token: SessionToken, ended: Callable[[], None]) -> Callable[[], None]:
        return self._bus.session_listeners.add(token, ended)

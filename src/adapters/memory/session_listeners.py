import asyncio
from collections.abc import Callable

from domain.identity import SessionToken


class SessionListeners:
    """Who wants to know when a session is ended."""

    def __init__(self) -> None:
        self._listeners: dict[SessionToken, dict[object, Callable[[], None]]] = {}

    def add(self, token: SessionToken, ended: Callable[[], None]) -> Callable[[], None]:
        mine = object()
        self._listeners.setdefault(token, {})[mine] = ended
        return lambda: self._remove(token, mine)

    def end(self, token: SessionToken) -> None:
        for listener in tuple(self._listeners.get(token, ())):
            asyncio.get_running_loop().call_soon(self._call, token, listener)

    def _call(self, token: SessionToken, listener: object) -> None:
        ended = self._listeners.get(token, {}).get(listener)
        self._remove(token, listener)
        if ended is not None:
            ended()

    def _remove(self, token: SessionToken, listener: object) -> None:
        listeners = self._listeners.get(token, {})
        listeners.pop(listener, None)
        if not listeners:
            self._listeners.pop(token, None)

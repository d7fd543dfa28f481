from typing import Protocol

from domain.ingress.listeners import Listener


class IngressListeners(Protocol):
    async def find(self, name: str) -> Listener | None:
        """The listener of that name, as it was at most half a minute ago; None where there is none.

        `name`: as `listener_name` gives it. Calls for the same name share one question, and asking for names that
        do not exist stays cheap for the back end.

        Raises BackEndTrouble (UpstreamUnreachable, UpstreamTimedOut, UpstreamMisbehaved, UpstreamSuspended) when it
        cannot be told.
        """
        ...

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from domain.proxying import UpstreamRequest, UpstreamResponse


class Upstream(Protocol):
    def send(self, request: UpstreamRequest) -> AbstractAsyncContextManager[UpstreamResponse]:
        """Entering sends the request and waits for the head of the answer; leaving frees the connection.

        Bodies stream both ways with back-pressure. Leaving early, or being cancelled, abandons the exchange:
        nothing of it reaches another request. Redirects are not followed.

        Raises (on entering and while the body is read):
            UpstreamUnreachable: no connection, or it broke before an answer came.
            UpstreamTimedOut: silent for longer than allowed.
            UpstreamMisbehaved: the answer is not HTTP, contradicts itself, or breaks off.
            UpstreamSuspended: the circuit breaker is open.
        What the request's own body iterator raises passes through unchanged.
        """
        ...

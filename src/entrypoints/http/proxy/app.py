"""`/noetl/{path}`: every NoETL API through one door (wire 7)."""

import itertools
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from domain.errors import GatewayError
from domain.identity import Session
from domain.identity_headers import identity_headers
from domain.paths import ProxyPath
from domain.ports.upstream import Upstream
from domain.proxying import UpstreamRequest, UpstreamResponse
from domain.use_cases.authorize_forwarded import AuthorizeForwarded
from domain.use_cases.forward_request import ForwardRequest, Route
from entrypoints.http.asgi import TEXT, ClientGone, Receive, Scope, Send, read_body, respond
from entrypoints.http.client_address import Networks, client_address
from entrypoints.http.disconnects import cancelled_when_client_leaves
from entrypoints.http.errors import respond_with_error, status_of
from entrypoints.http.gate import SessionGate
from entrypoints.http.proxy.execution_in_body import execution_in_body
from entrypoints.http.proxy.headers import to_client, to_noetl
from entrypoints.http.proxy.request_body import BodyOverLimit, announced_length, once, streamed
from entrypoints.http.server.cycle import ConnectionCut

log = logging.getLogger(__name__)

PREFIX = b"/noetl/"
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_ALLOW = (b"allow", ",".join(METHODS).encode())
_WITHOUT_BODY = frozenset({"GET", "HEAD"})


class ProxyObserver(Protocol):
    def __call__(self, status: int, seconds: float) -> None: ...


class RequestIds:
    """Ids that are unique among all processes and say nothing: a random prefix and a number."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix.encode()
        self._numbers = itertools.count(1)

    def next(self) -> bytes:
        return b"%b-%x" % (self._prefix, next(self._numbers))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyApp:
    """Authenticates, asks the policy, forwards, and streams both ways. `body_limit` in bytes."""

    gate: SessionGate
    forward: ForwardRequest
    guard: AuthorizeForwarded
    upstream: Upstream
    trusted_proxies: Networks
    request_ids: RequestIds
    observe: ProxyObserver
    body_limit: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in METHODS:
            await respond(send, 405, headers=[_ALLOW])
            return
        answer = _Answer(send)
        started = time.perf_counter()
        try:
            await self._forward(scope, receive, answer)
        except GatewayError as error:
            await answer.fail(error)
        except BodyOverLimit:
            await answer.refuse_body()
        except ClientGone:
            log.debug("a client left before its request was complete")
        finally:
            self.observe(answer.status, time.perf_counter() - started)

    async def _forward(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        session = self.gate.known(scope) or await self.gate(scope)
        method: str = scope["method"]
        path, route = self.forward(session.user, method, scope["raw_path"][len(PREFIX) :])
        body, length = None, None
        if method not in _WITHOUT_BODY:
            route, body, length = await self._body(session, path, route, scope, receive)
        request = UpstreamRequest(
            method=method,
            base_url=route.base_url,
            target=route.with_query(scope["query_string"]),
            headers=self.headers_to_noetl(session, scope),
            body=body,
            content_length=length,
        )
        # An answer may be endless, so nobody must go on fetching it for a client that has left.
        with cancelled_when_client_leaves(scope, receive if body is None else None):
            async with self.upstream.send(request) as response:
                await answer.pass_on(response, route.base_url)

    async def _body(
        self, session: Session, path: ProxyPath, route: Route, scope: Scope, receive: Receive
    ) -> tuple[Route, AsyncIterator[bytes] | None, int | None]:
        """The body to send and its length. It is read as a whole only where something in it decides."""
        length = announced_length(scope)
        if length is not None and length > self.body_limit:
            raise BodyOverLimit
        guarded = self.guard.concerns(scope["method"], path)
        if not guarded and not self.forward.names_execution_in_body(path.segments):
            return route, streamed(receive, self.body_limit) if length != 0 else None, length
        content = await read_body(receive, self.body_limit)
        if content is None:
            raise BodyOverLimit
        if guarded:
            await self.guard(session, path, content)
        else:
            owner = self.forward.shards.owner(execution_in_body(content))
            route = Route(base_url=owner, target=route.target)
        return route, once(content) if content else None, len(content)

    def headers_to_noetl(self, session: Session, scope: Scope) -> list[tuple[bytes, bytes]]:
        headers = to_noetl(scope["headers"])
        headers.extend(identity_headers(session))
        headers.append((b"x-request-id", self.request_ids.next()))
        headers.append((b"x-forwarded-for", client_address(scope, self.trusted_proxies).encode()))
        return headers


class _Answer:
    """What the client gets; after its first byte nothing can be taken back, only cut."""

    __slots__ = ("_send", "_started", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._started = False
        self.status = 0

    async def pass_on(self, response: UpstreamResponse, base_url: str) -> None:
        self._started = True
        self.status = response.status
        headers = to_client(response.headers, base_url)
        await self._send({"type": "http.response.start", "status": response.status, "headers": headers})
        # The last chunk of a known length ends the response in one go; of others the end has to be waited for.
        left, ended = _length(headers), False
        async for chunk in response.body:
            left -= len(chunk)
            ended = left == 0
            await self._send({"type": "http.response.body", "body": chunk, "more_body": not ended})
        if not ended:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def fail(self, error: GatewayError) -> None:
        if self._started:
            # The client must not take a torn answer for a whole one.
            log.warning("an answer of NoETL broke off: %s", error.code)
            raise AnswerTorn from error
        self.status = status_of(error)
        await respond_with_error(self._send, error)

    async def refuse_body(self) -> None:
        if self._started:
            raise AnswerTorn
        self.status = 400
        await respond(self._send, 400, b"Failed to read request body", TEXT)


class AnswerTorn(ConnectionCut):
    """The answer ended in its middle, and the client must see that it did."""


def _length(headers: list[tuple[bytes, bytes]]) -> int:
    """Bytes of the body if it was announced, else -1."""
    return next((int(value) for name, value in headers if name == b"content-length"), -1)

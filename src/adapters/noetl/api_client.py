import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http.client import responses
from typing import TypeVar

import msgspec

from adapters.noetl.wire import ErrorReply
from domain.errors import UpstreamMisbehaved, UpstreamTimedOut
from domain.identity import Session
from domain.identity_headers import identity_headers
from domain.json_values import JsonValue
from domain.ports.upstream import Upstream
from domain.proxying import UpstreamRequest

T = TypeVar("T")
_ENCODER = msgspec.json.Encoder()
_REPLY_LIMIT = 16 * 1024 * 1024
_SHOWN = 300
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{0,15}://[^\s\"'<>,;)]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` is any HTTP status; `body` the whole answer."""

    status: int
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def decoded(self, kind: type[T]) -> T:
        """Raises UpstreamMisbehaved when the body is not of this kind."""
        try:
            return msgspec.json.decode(self.body, type=kind, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UpstreamMisbehaved("NoETL gave an answer that the gateway does not understand.") from error

    def explanation(self) -> str:
        """`404 Not Found - <detail>`: what a caller may know. Of server errors only the status (D29)."""
        line = f"{self.status} {responses.get(self.status, '')}".strip()
        detail = self._detail() if 400 <= self.status < 500 else ""
        return f"{line} - {detail}" if detail else line

    def _detail(self) -> str:
        try:
            reply = msgspec.json.decode(self.body, type=ErrorReply)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ""
        told = _told(reply.error if reply.error is not None else reply.detail)
        return _ADDRESS.sub("[address]", told[: 4 * _SHOWN])[:_SHOWN]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoetlApi:
    """Calls of NoETL's JSON API, each under one deadline of `timeout` seconds from sending to the last byte.

    All raise what Upstream.send raises.
    """

    upstream: Upstream
    base_url: str
    timeout: float

    async def get(self, target: str) -> Reply:
        return await self._call("GET", target, None, ())

    async def post(
        self,
        target: str,
        payload: JsonValue,
        *,
        on_behalf_of: Session | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> Reply:
        if on_behalf_of is not None:
            headers = (*headers, *identity_headers(on_behalf_of))
        return await self._call("POST", target, _ENCODER.encode(payload), headers)

    async def get_with(self, target: str, headers: tuple[tuple[bytes, bytes], ...]) -> Reply:
        return await self._call("GET", target, None, headers)

    async def _call(
        self, method: str, target: str, body: bytes | None, headers: tuple[tuple[bytes, bytes], ...]
    ) -> Reply:
        if body is not None:
            headers = ((b"content-type", b"application/json"), *headers)
        request = UpstreamRequest(
            method=method,
            base_url=self.base_url,
            target=target.encode("ascii"),
            headers=((b"accept", b"application/json"), *headers),
            body=None if body is None else _once(body),
            content_length=None if body is None else len(body),
        )
        try:
            async with asyncio.timeout(self.timeout):
                return await self._exchange(request)
        except TimeoutError as error:
            raise UpstreamTimedOut from error

    async def _exchange(self, request: UpstreamRequest) -> Reply:
        async with self.upstream.send(request) as response:
            received = bytearray()
            async for chunk in response.body:
                received += chunk
                if len(received) > _REPLY_LIMIT:
                    raise UpstreamMisbehaved("NoETL gave an answer that is too large.")
            return Reply(response.status, bytes(received))


def _told(found: JsonValue) -> str:
    """Of a list of problems only the messages: the Python server repeats the refused input, tokens included."""
    if found is None or isinstance(found, str):
        return found or ""
    if isinstance(found, list):
        return "; ".join(str(problem["msg"]) for problem in found if isinstance(problem, dict) and "msg" in problem)
    return _ENCODER.encode(found).decode()


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body

"""Key sets over HTTP, and how little of an answer is believed."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeAlias

import httpx

from adapters.signed_tokens.json_web_keys import KeySet

MAX_BODY_BYTES = 256 * 1024
DEADLINE_SECONDS = 5.0

Get: TypeAlias = Callable[[str], Awaitable[bytes | None]]
"""The body at a URL; None for 404. Raises KeysUnreachable."""


class KeysUnreachable(Exception):
    """The text says why, for an operator."""


def new_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=httpx.Timeout(DEADLINE_SECONDS), follow_redirects=False)


class KeyDownload:
    """Downloads between entering and leaving, each within `deadline` seconds, however many requests that takes.

    `parse` raises ValueError for a body that is no key set to be trusted.
    """

    def __init__(
        self, parse: Callable[[bytes], KeySet], client_factory: Callable[[], httpx.AsyncClient], deadline: float
    ) -> None:
        self._parse = parse
        self._client_factory = client_factory
        self._deadline = deadline
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        self._client = self._client_factory()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def __call__(self, look_up: Callable[[Get], Awaitable[bytes]]) -> KeySet:
        """`look_up` finds the document that holds the keys. Raises KeysUnreachable."""
        try:
            async with asyncio.timeout(self._deadline):
                body = await look_up(self._get)
        except TimeoutError as error:
            raise KeysUnreachable("no answer in time") from error
        try:
            return self._parse(body)
        except ValueError as error:
            raise KeysUnreachable(f"the key set is refused: {error}") from error

    async def _get(self, url: str) -> bytes | None:
        """Compression is declined, for a short answer could unfold without bound."""
        if self._client is None:
            raise KeysUnreachable("closed")
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        try:
            async with self._client.stream("GET", url, headers=headers, follow_redirects=False) as response:
                if response.status_code == 404:
                    return None
                if response.status_code != 200:
                    raise KeysUnreachable(f"status {response.status_code}")
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise KeysUnreachable("the answer is compressed")
                return await _bounded_body(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise KeysUnreachable(type(error).__name__) from error


async def _bounded_body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise KeysUnreachable("the answer is too large")
    return bytes(body)

"""One download of the key set, and how little of the answer is believed."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

from adapters.google.key_set import KeySet, parse_key_set

_MAX_BODY_BYTES = 256 * 1024
DEADLINE_SECONDS = 5.0


class KeysUnreachable(Exception):
    """The text says why, for an operator."""


def new_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=httpx.Timeout(DEADLINE_SECONDS), follow_redirects=False)


class KeyDownload:
    """`url` is what an operator has configured. Downloads between entering and leaving, each within `deadline`
    seconds, or raises KeysUnreachable.
    """

    def __init__(self, url: str, client_factory: Callable[[], httpx.AsyncClient], deadline: float) -> None:
        self._url = url
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

    async def __call__(self) -> KeySet:
        if self._client is None:
            raise KeysUnreachable("closed")
        try:
            async with asyncio.timeout(self._deadline):
                body = await self._body(self._client)
        except TimeoutError as error:
            raise KeysUnreachable("no answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise KeysUnreachable(type(error).__name__) from error
        try:
            return parse_key_set(body)
        except ValueError as error:
            raise KeysUnreachable(f"the key set is refused: {error}") from error

    async def _body(self, client: httpx.AsyncClient) -> bytes:
        """Compression is declined, for a short answer could unfold without bound."""
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        async with client.stream("GET", self._url, headers=headers, follow_redirects=False) as response:
            if response.status_code != 200:
                raise KeysUnreachable(f"status {response.status_code}")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise KeysUnreachable("the answer is compressed")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_BODY_BYTES:
                    raise KeysUnreachable("the answer is too large")
            return bytes(body)

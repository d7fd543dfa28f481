"""Where issuers publish their keys, and how little of an answer is believed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import httpx

from adapters.auth0.json_web_keys import KeySet, parse_key_set
from adapters.auth0.key_cache import KeysUnreachable
from adapters.auth0.strict_json import decode_json_object

MAX_BODY_BYTES = 256 * 1024
DEADLINE_SECONDS = 5.0


def new_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=httpx.Timeout(DEADLINE_SECONDS), follow_redirects=False)


class JwksClient:
    """Fetches between entering and leaving. `deadline` (seconds) covers a call, however many requests it makes.

    All calls raise KeysUnreachable.
    """

    def __init__(self, client_factory: Callable[[], httpx.AsyncClient], deadline: float) -> None:
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

    async def keys_of(self, issuer_url: str) -> KeySet:
        """Its `.well-known/jwks.json` or, where there is none, what its OpenID configuration names."""
        async with _within(self._deadline):
            body = await self._get(f"{issuer_url}.well-known/jwks.json")
            if body is None:
                configuration = await self._get(f"{issuer_url}.well-known/openid-configuration")
                body = await self._get(_key_set_url(configuration, issuer_url))
            return _parsed(body)

    async def keys_at(self, url: str) -> KeySet:
        async with _within(self._deadline):
            return _parsed(await self._get(url))

    async def _get(self, url: str) -> bytes | None:
        """None for 404. Compression is declined, for a short answer could unfold without bound."""
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


@asynccontextmanager
async def _within(deadline: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(deadline):
            yield
    except TimeoutError as error:
        raise KeysUnreachable("no answer in time") from error


async def _bounded_body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise KeysUnreachable("the answer is too large")
    return bytes(body)


def _parsed(body: bytes | None) -> KeySet:
    if body is None:
        raise KeysUnreachable("no key set there (status 404)")
    try:
        return parse_key_set(body)
    except ValueError as error:
        raise KeysUnreachable(f"the key set is refused: {error}") from error


def _key_set_url(configuration: bytes | None, issuer_url: str) -> str:
    """Of the same origin only: `issuer_url` ends with the slash after the authority, so a prefix is enough."""
    if configuration is None:
        raise KeysUnreachable("neither a key set nor an OpenID configuration there (status 404)")
    try:
        document = decode_json_object(configuration)
    except ValueError as error:
        raise KeysUnreachable(f"the OpenID configuration is refused: {error}") from error
    url = document.get("jwks_uri")
    if document.get("issuer") != issuer_url or not isinstance(url, str) or not url.startswith(issuer_url):
        raise KeysUnreachable("the OpenID configuration names another issuer or another origin")
    return url

"""The provider as it is wired in production, with an issuer on a real socket."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from tests.unit.adapters.auth0.forge import claims, key_set, signing_key, token
from tests.unit.adapters.auth0.stand_ins import FakeClock

from adapters.auth0.identity_provider import Auth0IdentityProvider
from adapters.auth0.issuers import AllowedIssuer
from adapters.auth0.key_sets import HttpKeySets
from domain.errors import CredentialsRejected, IdentityKeysUnavailable

KEY = signing_key("first")


def answer(status: str, body: bytes, *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers, "", "")
    return "\r\n".join(lines).encode() + body


@asynccontextmanager
async def issuer_on_a_socket(response: bytes, *, trickle: bool = False) -> AsyncIterator[AllowedIssuer]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):  # the client may have left before it had asked
            await reader.readuntil(b"\r\n\r\n")
        writer.write(response)
        if trickle:
            await reader.read()  # never another byte; the client hangs up
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield AllowedIssuer.parse(f"http://127.0.0.1:{port}")


def direct_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False)


def claims_now(issuer: AllowedIssuer) -> dict[str, object]:
    return claims(iss=issuer.url, exp=int(time.time()) + 60, iat=int(time.time()))


class WallClock(FakeClock):
    def now(self) -> float:
        return time.time()


async def test_a_token_is_verified_with_keys_from_a_real_server() -> None:
    clock = WallClock()
    async with (
        issuer_on_a_socket(answer("200 OK", key_set(KEY.jwk()))) as issuer,
        HttpKeySets(clock=clock, client_factory=direct_client) as key_sets,
    ):
        provider = Auth0IdentityProvider(issuers=[issuer], key_sets=key_sets, clock=clock, client_id="our-client")
        identity = await provider.verify(token(KEY, claims_now(issuer)), issuer.domain)
        assert (identity.issuer, identity.subject) == (issuer.url, "auth0|42")
        forged = token(signing_key("forger", kid="first"), claims_now(issuer))
        with pytest.raises(CredentialsRejected):
            await provider.verify(forged, issuer.domain)


@pytest.mark.parametrize(
    "response",
    [
        answer("302 Found", b"", "location: /elsewhere"),
        answer("200 OK", b" " * 300_000),
        answer("200 OK", b"\x1f\x8b", "content-encoding: gzip"),
        answer("200 OK", key_set(KEY.jwk()))[:-10],
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"",
    ],
    ids=["redirect", "too large", "compressed", "cut off", "not HTTP", "hung up"],
)
async def test_a_strange_server_makes_keys_unavailable(response: bytes) -> None:
    clock = WallClock()
    async with (
        issuer_on_a_socket(response) as issuer,
        HttpKeySets(clock=clock, client_factory=direct_client) as key_sets,
    ):
        provider = Auth0IdentityProvider(issuers=[issuer], key_sets=key_sets, clock=clock)
        with pytest.raises(IdentityKeysUnavailable):
            await provider.verify(token(KEY, claims_now(issuer)), None)


async def test_a_server_that_never_finishes_is_left_at_the_deadline() -> None:
    clock = WallClock()
    async with (
        issuer_on_a_socket(answer("200 OK", b"{}" * 100)[:-150], trickle=True) as issuer,
        HttpKeySets(clock=clock, client_factory=direct_client, deadline=0.5) as key_sets,
    ):
        provider = Auth0IdentityProvider(issuers=[issuer], key_sets=key_sets, clock=clock)
        with pytest.raises(IdentityKeysUnavailable):
            await provider.verify(token(KEY, claims_now(issuer)), None)

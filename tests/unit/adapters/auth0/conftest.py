from collections.abc import AsyncIterator

import pytest
from tests.unit.adapters.auth0.forge import Key, signing_key
from tests.unit.adapters.auth0.stand_ins import ISSUER, FakeClock, FakeWeb

from adapters.auth0.identity_provider import Auth0IdentityProvider
from adapters.auth0.issuers import AllowedIssuer
from adapters.auth0.key_sets import HttpKeySets


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def key() -> Key:
    return signing_key("first")


@pytest.fixture
def web(key: Key) -> FakeWeb:
    web = FakeWeb()
    web.publish(ISSUER.url, key)
    return web


@pytest.fixture
async def key_sets(clock: FakeClock, web: FakeWeb) -> AsyncIterator[HttpKeySets]:
    async with HttpKeySets(clock=clock, client_factory=web.client) as key_sets:
        yield key_sets


@pytest.fixture
def provider(clock: FakeClock, key_sets: HttpKeySets) -> Auth0IdentityProvider:
    return Auth0IdentityProvider(
        issuers=[ISSUER, AllowedIssuer.parse("second.auth0.com")],
        key_sets=key_sets,
        clock=clock,
        client_id="our-client",
    )

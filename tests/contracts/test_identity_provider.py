from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import pytest
from tests.unit.adapters.auth0.forge import signing_key, token
from tests.unit.adapters.auth0.stand_ins import ISSUER, FakeClock, FakeWeb

from adapters.auth0.identity_provider import Auth0IdentityProvider
from adapters.auth0.key_sets import HttpKeySets
from adapters.memory.identity_provider import MemoryIdentityProvider
from domain.errors import CredentialsRejected, IdentityKeysUnavailable, IdentityNotConfigured
from domain.identity import Identity
from domain.ports.identity_provider import IdentityProvider

ADA = Identity(
    issuer="https://tenant.auth0.com/", domain="tenant.auth0.com", subject="auth0|42", email="ada@example.org"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuing:
    """`provider` accepts `good`, which is Ada's; `unconfigured` allows no issuer."""

    provider: IdentityProvider
    unconfigured: IdentityProvider
    good: str
    lose_keys: Callable[[], None]


def memory() -> Issuing:
    provider = MemoryIdentityProvider({"ada": ADA})

    def lose_keys() -> None:
        provider.trouble = IdentityKeysUnavailable()

    return Issuing(provider=provider, unconfigured=MemoryIdentityProvider(None), good="ada", lose_keys=lose_keys)


def auth0(key_sets: HttpKeySets, web: FakeWeb, clock: FakeClock) -> Issuing:
    key = signing_key("contract")
    web.publish(ISSUER.url, key)

    def lose_keys() -> None:
        for url in tuple(web.answers):
            web.answers[url] = httpx.ConnectError("no route")

    return Issuing(
        provider=Auth0IdentityProvider(issuers=[ISSUER], key_sets=key_sets, clock=clock, client_id="our-client"),
        unconfigured=Auth0IdentityProvider(issuers=[], key_sets=key_sets, clock=clock),
        good=token(key),
        lose_keys=lose_keys,
    )


@pytest.fixture(params=["memory", "auth0"])
async def issuing(request: pytest.FixtureRequest) -> AsyncIterator[Issuing]:
    if request.param == "memory":
        yield memory()
        return
    clock, web = FakeClock(), FakeWeb()
    async with HttpKeySets(clock=clock, client_factory=web.client) as key_sets:
        yield auth0(key_sets, web, clock)


@pytest.mark.parametrize("domain", ["tenant.auth0.com", None])
async def test_a_good_token_tells_whose_it_is(issuing: Issuing, domain: str | None) -> None:
    assert await issuing.provider.verify(issuing.good, domain) == ADA


@pytest.mark.parametrize("bad", ["", "forged", "a.b.c"])
async def test_any_other_token_is_refused_without_being_quoted(issuing: Issuing, bad: str) -> None:
    with pytest.raises(CredentialsRejected) as raised:
        await issuing.provider.verify(bad, None)
    assert not bad or bad not in str(raised.value).split()


async def test_a_token_that_is_said_to_come_from_elsewhere_is_refused(issuing: Issuing) -> None:
    with pytest.raises(CredentialsRejected):
        await issuing.provider.verify(issuing.good, "evil.example.com")


async def test_without_keys_nothing_can_be_said_about_a_token(issuing: Issuing) -> None:
    issuing.lose_keys()

    with pytest.raises(IdentityKeysUnavailable):
        await issuing.provider.verify(issuing.good, None)


async def test_without_an_issuer_nobody_can_log_in(issuing: Issuing) -> None:
    with pytest.raises(IdentityNotConfigured):
        await issuing.unconfigured.verify(issuing.good, None)

import logging

import httpx
import pytest
from tests.unit.adapters.auth0.forge import NOW, Key, claims, header, signing_key, token
from tests.unit.adapters.auth0.stand_ins import ISSUER, JWKS_URL, FakeClock, FakeWeb

from adapters.auth0.identity_provider import Auth0IdentityProvider, VerifyMode
from adapters.auth0.issuers import AllowedIssuer
from adapters.auth0.key_sets import HttpKeySets
from domain.identity import Identity

ADA = Identity(issuer=ISSUER.url, domain=ISSUER.domain, subject="auth0|42", email="ada@example.org")


class Lenient:
    """Providers in the two modes that let everybody pass; `failures` is what shadow mode reported."""

    def __init__(self, clock: FakeClock, key_sets: HttpKeySets) -> None:
        self._clock = clock
        self._key_sets = key_sets
        self.failures: list[str] = []

    def provider(self, mode: VerifyMode, *issuers: AllowedIssuer) -> Auth0IdentityProvider:
        return Auth0IdentityProvider(
            issuers=issuers,
            key_sets=self._key_sets,
            clock=self._clock,
            mode=mode,
            client_id="our-client",
            on_shadow_failure=self.failures.append,
        )


@pytest.fixture
def lenient(clock: FakeClock, key_sets: HttpKeySets) -> Lenient:
    return Lenient(clock, key_sets)


async def test_shadow_mode_is_silent_about_good_tokens(lenient: Lenient, key: Key, web: FakeWeb) -> None:
    assert await lenient.provider(VerifyMode.SHADOW, ISSUER).verify(token(key), None) == ADA
    assert web.requests == 1
    assert lenient.failures == []


async def test_shadow_mode_counts_each_failure_by_its_reason_and_lets_it_pass(
    lenient: Lenient, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    provider = lenient.provider(VerifyMode.SHADOW, ISSUER)
    forger = signing_key("forger", kid=key.kid)
    bad = {
        "signature_wrong": token(forger),
        "token_expired": token(key, claims(exp=NOW - 100)),
        "algorithm_refused": token(key, head=header(key, alg="none")),
        "audience_wrong": token(key, claims(aud="another-client")),
        "key_unknown": token(key, head=header(key, kid="bogus")),
        "email_unverified": token(key, claims(email_verified=False)),
    }
    with caplog.at_level(logging.WARNING):
        for word, text in bad.items():
            identity = await provider.verify(text, "tenant.auth0.com")
            assert (identity.subject, identity.domain) == ("auth0|42", "tenant.auth0.com")
            assert word in caplog.text
    assert lenient.failures == list(bad)


async def test_shadow_mode_survives_a_token_that_cannot_be_read(lenient: Lenient) -> None:
    provider = lenient.provider(VerifyMode.SHADOW, ISSUER)
    nobody = Identity(issuer=ISSUER.url, domain=ISSUER.domain, subject="")
    assert await provider.verify("garbage", None) == nobody
    assert await provider.verify("", "tenant.auth0.com") == nobody
    assert lenient.failures == ["token_malformed", "token_malformed"]


async def test_shadow_mode_survives_missing_keys(lenient: Lenient, key: Key, web: FakeWeb) -> None:
    web.answers[JWKS_URL] = httpx.ConnectError("refused")
    assert await lenient.provider(VerifyMode.SHADOW, ISSUER).verify(token(key), None) == ADA
    assert lenient.failures == ["identity_keys_unavailable"]


async def test_shadow_mode_survives_a_missing_configuration(lenient: Lenient, key: Key, web: FakeWeb) -> None:
    identity = await lenient.provider(VerifyMode.SHADOW).verify(token(key), "tenant.auth0.com")
    assert identity == ADA
    assert lenient.failures == ["identity_not_configured"]
    assert web.requests == 0


async def test_off_means_no_check_and_no_request(lenient: Lenient, web: FakeWeb) -> None:
    provider = lenient.provider(VerifyMode.OFF, ISSUER)
    assert await provider.verify(token(signing_key("forger"), claims(exp=1)), None) == ADA
    assert (await provider.verify("garbage", None)).subject == ""
    assert web.requests == 0
    assert lenient.failures == []


@pytest.mark.parametrize("mode", [VerifyMode.SHADOW, VerifyMode.OFF])
@pytest.mark.parametrize(
    ("domain", "passed"),
    [
        (None, "tenant.auth0.com"),
        ("", "tenant.auth0.com"),
        ("second.auth0.com", "second.auth0.com"),
        ("Foreign.Example", "foreign.example"),
        ("foreign.example/path", "tenant.auth0.com"),
        ("'; drop table users; --", "tenant.auth0.com"),
        ("{{ secret }}", "tenant.auth0.com"),
    ],
)
async def test_a_lenient_mode_passes_a_domain_on_only_if_it_is_one(
    lenient: Lenient, key: Key, mode: VerifyMode, domain: str | None, passed: str
) -> None:
    provider = lenient.provider(mode, ISSUER, AllowedIssuer.parse("second.auth0.com"))
    assert (await provider.verify(token(key), domain)).domain == passed


@pytest.mark.parametrize("mode", [VerifyMode.SHADOW, VerifyMode.OFF])
async def test_a_lenient_mode_without_any_domain_passes_an_empty_one(
    lenient: Lenient, key: Key, mode: VerifyMode
) -> None:
    identity = await lenient.provider(mode).verify(token(key), None)
    assert (identity.issuer, identity.domain, identity.subject) == ("", "", "auth0|42")


@pytest.mark.parametrize("mode", [VerifyMode.SHADOW, VerifyMode.OFF])
async def test_the_tokens_own_issuer_decides_where_the_caller_names_none(
    lenient: Lenient, key: Key, mode: VerifyMode
) -> None:
    provider = lenient.provider(mode, ISSUER, AllowedIssuer.parse("second.auth0.com"))
    theirs = token(key, claims(iss="https://second.auth0.com/"))
    assert (await provider.verify(theirs, None)).domain == "second.auth0.com"


def test_the_modes_are_the_words_of_the_setting() -> None:
    assert [mode.value for mode in VerifyMode] == ["enforce", "shadow", "off"]

"""The whole provider under attack: what passes, and what no forger gets past."""

import asyncio
import hmac
import logging

import httpx
import pytest
from tests.unit.adapters.auth0.forge import NOW, Json, Key, b64, claims, header, key_set, signing_key, token
from tests.unit.adapters.auth0.stand_ins import ISSUER, JWKS_URL, FakeClock, FakeWeb

from adapters.auth0.identity_provider import Auth0IdentityProvider
from adapters.auth0.issuers import AllowedIssuer
from adapters.auth0.key_sets import HttpKeySets
from domain.errors import CredentialsRejected, IdentityKeysUnavailable, IdentityNotConfigured
from domain.identity import Identity
from domain.ports.identity_provider import IdentityProvider

DOMAIN = "tenant.auth0.com"
ADA = Identity(issuer="https://tenant.auth0.com/", domain=DOMAIN, subject="auth0|42", email="ada@example.org")


async def refusal_of(provider: IdentityProvider, text: str, domain: str | None = DOMAIN) -> str:
    with pytest.raises(CredentialsRejected) as caught:
        await provider.verify(text, domain)
    return str(caught.value)


@pytest.mark.parametrize("domain", [DOMAIN, "TENANT.Auth0.com", None, ""])
async def test_the_bearer_of_a_good_token_is_known(
    provider: Auth0IdentityProvider, key: Key, domain: str | None
) -> None:
    assert await provider.verify(token(key), domain) == ADA


async def test_a_second_login_asks_the_issuer_for_nothing(
    provider: Auth0IdentityProvider, key: Key, web: FakeWeb
) -> None:
    await asyncio.gather(*(provider.verify(token(key), DOMAIN) for _ in range(20)))
    assert web.requests == 1


async def test_a_second_issuer_logs_its_users_in_with_its_own_keys(
    provider: Auth0IdentityProvider, web: FakeWeb
) -> None:
    second = signing_key("second")
    web.publish("https://second.auth0.com/", second)
    theirs = token(second, claims(iss="https://second.auth0.com/"))
    assert (await provider.verify(theirs, None)).domain == "second.auth0.com"
    assert (await provider.verify(theirs, "second.auth0.com")).issuer == "https://second.auth0.com/"


# --- signatures -------------------------------------------------------------------------------------------------


async def test_a_token_signed_with_a_key_of_ones_own_is_refused(provider: Auth0IdentityProvider, key: Key) -> None:
    forger = signing_key("forger", kid=key.kid)
    assert "the signature is wrong" in await refusal_of(provider, token(forger))


async def test_changed_claims_are_refused(provider: Auth0IdentityProvider, key: Key) -> None:
    head, _, signature = token(key).split(".")
    _, other_claims, _ = token(key, claims(email="admin@example.org")).split(".")
    assert "the signature is wrong" in await refusal_of(provider, f"{head}.{other_claims}.{signature}")


@pytest.mark.parametrize("length", [1, 32, 255, 257])
async def test_a_signature_of_another_length_is_refused(
    provider: Auth0IdentityProvider, key: Key, length: int
) -> None:
    head, body, _ = token(key).split(".")
    assert "the signature is wrong" in await refusal_of(provider, f"{head}.{body}.{b64(bytes(length))}")


async def test_a_public_key_is_no_shared_secret(provider: Auth0IdentityProvider, key: Key, web: FakeWeb) -> None:
    head, body, _ = token(key, head=header(key, alg="HS256")).split(".")
    for secret in (key.public_pem(), key.public_pem().strip(), str(key.jwk()["n"]).encode(), b""):
        forged = b64(hmac.digest(secret, f"{head}.{body}".encode(), "sha256"))
        assert "RS256" in await refusal_of(provider, f"{head}.{body}.{forged}")
    assert web.requests == 0


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
async def test_an_unsigned_token_is_refused(
    provider: Auth0IdentityProvider, key: Key, web: FakeWeb, alg: str
) -> None:
    head, body, signature = token(key, head=header(key, alg=alg)).split(".")
    for forged in (f"{head}.{body}.", f"{head}.{body}", f"{head}.{body}.{signature}"):
        await refusal_of(provider, forged)
    assert web.requests == 0


async def test_keys_that_a_token_brings_along_are_neither_used_nor_fetched(
    provider: Auth0IdentityProvider, web: FakeWeb
) -> None:
    forger = signing_key("forger")
    web.answers["https://evil.example/jwks.json"] = key_set(forger.jwk())
    for extra in (
        {"jwk": forger.jwk()},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/jwks.json"},
        {"x5c": ["MIIB"]},
    ):
        await refusal_of(provider, token(forger, head=header(forger) | extra))
    assert web.requests == 0


async def test_another_allowed_issuers_key_does_not_sign_for_this_one(
    provider: Auth0IdentityProvider, web: FakeWeb
) -> None:
    second = signing_key("second")
    web.publish("https://second.auth0.com/", second)
    await provider.verify(token(second, claims(iss="https://second.auth0.com/")), None)
    assert "does not publish" in await refusal_of(provider, token(second), None)


# --- issuers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "issuer",
    [
        None,
        "",
        "https://tenant.auth0.com",
        "https://tenant.auth0.com//",
        "https://TENANT.auth0.com/",
        "http://tenant.auth0.com/",
        "https://tenant.auth0.com/ ",
        "https://tenant.auth0.com:443/",
        "https://tenant.auth0.com./",
        "https://tenant.auth0.com/oauth",
        "https://tenant.auth0.com.evil.example/",
        "https://evil.example/?https://tenant.auth0.com/",
        # GHSA-75c5-xw7c-p5pm: a part of the issuer, or a container that holds it
        "https://",
        "tenant.auth0.com",
        "/",
        ["https://tenant.auth0.com/"],
        {"https://tenant.auth0.com/": 1},
        1,
        True,
    ],
)
@pytest.mark.parametrize("domain", [DOMAIN, None])
async def test_the_issuer_is_compared_exactly_and_before_any_request(
    provider: Auth0IdentityProvider, key: Key, web: FakeWeb, issuer: object, domain: str | None
) -> None:
    assert "issuer" in await refusal_of(provider, token(key, claims(iss=issuer)), domain)
    assert web.requests == 0


async def test_a_token_must_come_from_the_issuer_that_the_caller_names(
    provider: Auth0IdentityProvider, key: Key, web: FakeWeb
) -> None:
    assert "issuer" in await refusal_of(provider, token(key), "second.auth0.com")
    assert web.requests == 0


@pytest.mark.parametrize(
    "domain",
    [
        "evil.example",
        "auth0.com",
        "tenant.auth0.com.evil.example",
        "tenant.auth0.com@evil.example",
        "evil.example/tenant.auth0.com",
        "tenant.auth0.com:8080",
        "https://tenant.auth0.com/",
        "tenant.auth0.com\x00",
        " tenant.auth0.com",
        " ",
        "tenant.auth0.com'; drop table users; --",
        "{{ token }}",
        "\ud800",
    ],
)
async def test_a_domain_of_the_callers_choice_is_refused_without_a_request(
    provider: Auth0IdentityProvider, web: FakeWeb, domain: str
) -> None:
    own = signing_key("forger")
    web.publish("https://evil.example/", own)
    theirs = token(own, claims(iss="https://evil.example/"))
    assert "domain" in await refusal_of(provider, theirs, domain)
    assert web.requests == 0


async def test_a_loopback_issuer_is_named_by_url_or_by_host_and_port(clock: FakeClock, key: Key) -> None:
    web = FakeWeb()
    web.publish("http://127.0.0.1:5000/", key)
    text = token(key, claims(iss="http://127.0.0.1:5000/"))
    async with HttpKeySets(clock=clock, client_factory=web.client) as key_sets:
        provider = Auth0IdentityProvider(
            issuers=[AllowedIssuer.parse("http://127.0.0.1:5000")], key_sets=key_sets, clock=clock
        )
        for domain in ("http://127.0.0.1:5000", "127.0.0.1:5000", None):
            identity = await provider.verify(text, domain)
            assert (identity.issuer, identity.domain) == ("http://127.0.0.1:5000/", "127.0.0.1:5000")


# --- claims -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"exp": NOW - 60}, "the token has expired"),
        ({"exp": None}, "times"),
        ({"exp": True}, "times"),
        ({"exp": f"{NOW + 60}"}, "times"),
        ({"nbf": NOW + 61}, "not valid yet"),
        ({"iat": NOW + 61}, "not valid yet"),
        ({"aud": "another-client"}, "another application"),
        ({"aud": None}, "another application"),
        ({"aud": ["our-client", "another-client"], "azp": "another-client"}, "to another application"),
        ({"sub": None}, "whom"),
        ({"sub": ""}, "whom"),
        ({"email_verified": False}, "not verified"),
        ({"email_verified": "false"}, "not verified"),
    ],
)
async def test_a_well_signed_token_with_wrong_claims_is_refused(
    provider: Auth0IdentityProvider, key: Key, changes: Json, text: str
) -> None:
    sentence = await refusal_of(provider, token(key, claims(**changes)))
    assert sentence.startswith("Token validation failed: ") and sentence.endswith(".")
    assert text in sentence


async def test_the_number_one_with_too_large_an_exponent_is_no_time(
    provider: Auth0IdentityProvider, key: Key
) -> None:
    endless = b'{"iss":"https://tenant.auth0.com/","sub":"a","aud":"our-client","exp":1e999}'
    assert "times" in await refusal_of(provider, token(key, endless))


async def test_a_token_expires_while_the_clock_runs(
    provider: Auth0IdentityProvider, key: Key, clock: FakeClock
) -> None:
    text = token(key)
    clock.time = NOW + 3659
    assert await provider.verify(text, DOMAIN)
    clock.time = NOW + 3660
    assert "expired" in await refusal_of(provider, text)


async def test_the_api_audience_is_as_good_as_the_client(clock: FakeClock, key_sets: HttpKeySets, key: Key) -> None:
    provider = Auth0IdentityProvider(
        issuers=[ISSUER], key_sets=key_sets, clock=clock, client_id="our-client", audience="our-api"
    )
    for aud, azp in (("our-api", None), ("our-client", None), (["our-api", "userinfo"], "our-client")):
        assert await provider.verify(token(key, claims(aud=aud, azp=azp)), None)
    await refusal_of(provider, token(key, claims(aud=["our-api", "userinfo"], azp="another-client")))


async def test_an_empty_client_id_is_none(clock: FakeClock, key_sets: HttpKeySets, key: Key) -> None:
    provider = Auth0IdentityProvider(issuers=[ISSUER], key_sets=key_sets, clock=clock, client_id="", audience="")
    assert await provider.verify(token(key, claims(aud="anything")), None)


async def test_two_subjects_with_one_email_are_two_identities(provider: Auth0IdentityProvider, key: Key) -> None:
    one = await provider.verify(token(key), None)
    other = await provider.verify(token(key, claims(sub="google-oauth2|1")), None)
    assert one.email == other.email and one.subject != other.subject


# --- keys -------------------------------------------------------------------------------------------------------


async def test_a_rotated_key_is_accepted_at_once(provider: Auth0IdentityProvider, key: Key, web: FakeWeb) -> None:
    await provider.verify(token(key), None)
    fresh = signing_key("second")
    web.publish(ISSUER.url, key, fresh)
    assert await provider.verify(token(fresh), None) == ADA
    assert web.asked[JWKS_URL] == 2


async def test_bogus_key_ids_cost_one_request_per_cool_down(
    provider: Auth0IdentityProvider, key: Key, web: FakeWeb, clock: FakeClock
) -> None:
    await provider.verify(token(key), None)
    for number in range(20):
        await refusal_of(provider, token(key, head=header(key, kid=f"bogus-{number}")))
    assert web.requests == 2
    clock.time += 30
    for number in range(20):
        await refusal_of(provider, token(key, head=header(key, kid=f"bogus-{number}")))
    assert web.requests == 3


@pytest.mark.parametrize("changes", [{"use": "enc"}, {"key_ops": ["sign"]}, {"alg": "RS512"}])
async def test_a_key_that_is_not_for_signatures_signs_nothing(
    provider: Auth0IdentityProvider, web: FakeWeb, changes: Json
) -> None:
    bad = signing_key("second")
    web.publish(ISSUER.url, signing_key("first"), bad.jwk(**changes))
    assert "does not publish" in await refusal_of(provider, token(bad))


async def test_a_weak_key_signs_nothing(provider: Auth0IdentityProvider, web: FakeWeb) -> None:
    weak = signing_key("weak", bits=1024)
    web.publish(ISSUER.url, signing_key("first"), weak)
    assert "does not publish" in await refusal_of(provider, token(weak))


async def test_a_refused_set_does_not_replace_a_good_one(
    provider: Auth0IdentityProvider, key: Key, web: FakeWeb, clock: FakeClock
) -> None:
    await provider.verify(token(key), None)
    web.publish(ISSUER.url, signing_key("forger", kid=key.kid), {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"})
    clock.time += 700
    assert await provider.verify(token(key), None) == ADA
    with pytest.raises(IdentityKeysUnavailable):
        await provider.verify(token(key, head=header(key, kid="bogus")), None)
    assert await provider.verify(token(key), None) == ADA


async def test_unreachable_keys_are_nobodys_fault(
    provider: Auth0IdentityProvider, key: Key, web: FakeWeb, clock: FakeClock
) -> None:
    good, web.answers[JWKS_URL] = web.answers[JWKS_URL], httpx.ConnectError("refused")
    for _ in range(3):
        with pytest.raises(IdentityKeysUnavailable):
            await provider.verify(token(key), None)
    assert web.requests == 1
    web.answers[JWKS_URL] = good
    clock.time += 10
    assert await provider.verify(token(key), None) == ADA


async def test_one_issuers_trouble_is_not_anothers(provider: Auth0IdentityProvider, key: Key, web: FakeWeb) -> None:
    web.answers["https://second.auth0.com/.well-known/jwks.json"] = httpx.ConnectError("refused")
    with pytest.raises(IdentityKeysUnavailable):
        await provider.verify(token(key, claims(iss="https://second.auth0.com/")), None)
    assert await provider.verify(token(key), None) == ADA


# --- configuration and traces -----------------------------------------------------------------------------------


async def test_without_an_issuer_the_error_says_what_to_set(
    clock: FakeClock, key_sets: HttpKeySets, key: Key
) -> None:
    provider = Auth0IdentityProvider(issuers=[], key_sets=key_sets, clock=clock)
    for text in (token(key), "", "garbage"):
        with pytest.raises(IdentityNotConfigured, match="GATEWAY_AUTH0_DOMAIN"):
            await provider.verify(text, DOMAIN)


async def test_refusals_leave_a_reason_and_nothing_of_the_token(
    provider: Auth0IdentityProvider, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    secret = token(key, claims(exp=NOW - 100))
    with caplog.at_level(logging.DEBUG), pytest.raises(CredentialsRejected) as caught:
        await provider.verify(secret, DOMAIN)
    (record,) = (one for one in caplog.records if one.name.startswith("adapters.auth0.identity"))
    assert record.__dict__["reason"] == "token_expired"
    chain: list[str] = []
    error: BaseException | None = caught.value
    while error is not None:
        chain.append(repr(error))
        error = error.__cause__ or error.__context__
    for text in (caplog.text, *chain):
        assert not any(part in text for part in (*secret.split("."), "ada@example.org", "auth0|42"))

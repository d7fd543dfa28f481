import asyncio
import gzip
import json

import httpx
import pytest
from tests.unit.adapters.auth0.forge import Key, key_set, signing_key
from tests.unit.adapters.auth0.stand_ins import CONFIGURATION_URL, ISSUER, JWKS_URL, FakeClock, FakeWeb

from adapters.auth0.issuers import AllowedIssuer
from adapters.auth0.key_sets import HttpKeySets
from adapters.signed_tokens.key_download import MAX_BODY_BYTES
from domain.errors import IdentityKeysUnavailable

GOOD = key_set(signing_key("first").jwk())
ELSEWHERE = "https://tenant.auth0.com/oauth/keys"


def configuration(**changes: object) -> bytes:
    return json.dumps({"issuer": ISSUER.url, "jwks_uri": ELSEWHERE} | changes).encode()


async def test_keys_are_where_auth0_publishes_them(key_sets: HttpKeySets, web: FakeWeb) -> None:
    assert await key_sets.of(ISSUER).for_token_of("first")
    assert dict(web.asked) == {JWKS_URL: 1}


async def test_each_issuer_has_its_own_cache(key_sets: HttpKeySets, web: FakeWeb) -> None:
    assert key_sets.of(ISSUER) is key_sets.of(ISSUER)
    assert key_sets.of(ISSUER) is not key_sets.of(AllowedIssuer.parse("second.auth0.com"))


async def test_keys_are_kept_for_ten_minutes(key_sets: HttpKeySets, web: FakeWeb, clock: FakeClock) -> None:
    asked: list[int] = []
    for pause in (0, 599, 1, 599):
        clock.time += pause
        assert "first" in await key_sets.of(ISSUER).for_token_of("first")
        for _ in range(20):  # what is refreshed behind the call
            await asyncio.sleep(0)
        asked.append(web.requests)
    assert asked == [1, 1, 2, 2]


async def test_unknown_keys_cost_one_download_per_half_minute(
    key_sets: HttpKeySets, web: FakeWeb, clock: FakeClock
) -> None:
    keys = key_sets.of(ISSUER)
    await keys.for_token_of("first")
    for number in range(50):
        await keys.for_token_of(f"unknown-{number}")
    assert web.requests == 2
    clock.time += 29
    await keys.for_token_of("unknown")
    assert web.requests == 2
    clock.time += 1
    await keys.for_token_of("unknown")
    assert web.requests == 3


async def test_the_openid_configuration_tells_where_keys_are_that_are_not_there(
    key_sets: HttpKeySets, web: FakeWeb, key: Key
) -> None:
    web.answers = {CONFIGURATION_URL: configuration(), ELSEWHERE: key_set(key.jwk())}
    assert await key_sets.of(ISSUER).for_token_of("first")
    assert list(web.asked) == [JWKS_URL, CONFIGURATION_URL, ELSEWHERE]


@pytest.mark.parametrize(
    "changes",
    [
        {"jwks_uri": "https://evil.example/keys"},
        {"jwks_uri": "http://tenant.auth0.com/oauth/keys"},
        {"jwks_uri": "https://tenant.auth0.com.evil.example/keys"},
        {"jwks_uri": "https://tenant.auth0.com@evil.example/keys"},
        {"jwks_uri": "https://tenant.auth0.com:444/keys"},
        {"jwks_uri": "https://tenant.auth0.com\\@evil.example/keys"},
        {"jwks_uri": "//evil.example/keys"},
        {"jwks_uri": "/oauth/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": ["https://tenant.auth0.com/oauth/keys"]},
        {"jwks_uri": None},
        {"issuer": "https://evil.example/"},
        {"issuer": "https://tenant.auth0.com"},
        {"issuer": None},
    ],
    ids=json.dumps,
)
async def test_an_openid_configuration_cannot_lead_to_another_origin(
    key_sets: HttpKeySets, web: FakeWeb, changes: dict[str, object]
) -> None:
    web.answers = {CONFIGURATION_URL: configuration(**changes)}
    with pytest.raises(IdentityKeysUnavailable):
        await key_sets.of(ISSUER).for_token_of("first")
    assert set(web.asked) == {JWKS_URL, CONFIGURATION_URL}


@pytest.mark.parametrize("body", [b"", b"[]", configuration()[:-1] + b',"issuer":"https://evil.example/"}'])
async def test_an_openid_configuration_is_strict_json(key_sets: HttpKeySets, web: FakeWeb, body: bytes) -> None:
    web.answers = {CONFIGURATION_URL: body, ELSEWHERE: GOOD}
    with pytest.raises(IdentityKeysUnavailable):
        await key_sets.of(ISSUER).for_token_of("first")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("not HTTP"),
        httpx.Response(500, content=GOOD),
        httpx.Response(206, content=GOOD),
        httpx.Response(429, content=GOOD, headers={"retry-after": "1"}),
        httpx.Response(302, content=GOOD, headers={"location": "https://tenant.auth0.com/moved"}),
        httpx.Response(308, content=GOOD, headers={"location": "https://evil.example/keys"}),
        httpx.Response(200, content=gzip.compress(GOOD), headers={"content-encoding": "gzip"}),
        b"<html>maintenance</html>",
        b" " * MAX_BODY_BYTES + GOOD,
        key_set(),
    ],
    ids=repr,
)
async def test_an_answer_that_is_no_key_set_makes_keys_unavailable(
    key_sets: HttpKeySets, web: FakeWeb, answer: bytes | httpx.Response | Exception
) -> None:
    web.answers = {
        JWKS_URL: answer,
        "https://tenant.auth0.com/moved": GOOD,
        "https://evil.example/keys": GOOD,
    }
    with pytest.raises(IdentityKeysUnavailable):
        await key_sets.of(ISSUER).for_token_of("first")
    assert dict(web.asked) == {JWKS_URL: 1}


async def test_a_refresh_as_a_whole_has_a_deadline(clock: FakeClock, web: FakeWeb) -> None:
    web.may_answer.clear()
    async with HttpKeySets(clock=clock, client_factory=web.client, deadline=0.01) as key_sets:
        with pytest.raises(IdentityKeysUnavailable):
            await key_sets.of(ISSUER).for_token_of("first")


async def test_nothing_is_opened_before_entering_and_nothing_is_fetched_after_leaving(
    clock: FakeClock, web: FakeWeb, caplog: pytest.LogCaptureFixture
) -> None:
    opened: list[httpx.AsyncClient] = []

    def factory() -> httpx.AsyncClient:
        opened.append(web.client())
        return opened[-1]

    key_sets = HttpKeySets(clock=clock, client_factory=factory)
    assert not opened
    async with key_sets:
        pass
    assert opened[0].is_closed
    with pytest.raises(IdentityKeysUnavailable):
        await key_sets.of(ISSUER).for_token_of("first")
    assert web.requests == 0
    assert "cannot be fetched: closed" in caplog.text

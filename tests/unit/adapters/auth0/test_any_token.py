"""Whatever bytes somebody sends as a token: an answer of the domain, and no request that was not earned."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.adapters.auth0.forge import b64, claims, header, signing_key, token
from tests.unit.adapters.auth0.stand_ins import ISSUER, FakeClock, FakeWeb

from adapters.auth0.identity_provider import Auth0IdentityProvider, VerifyMode
from adapters.auth0.key_sets import HttpKeySets
from domain.errors import CredentialsRejected, GatewayError
from domain.identity import Identity

KEY = signing_key("first")
unhurried = settings(deadline=None)
GOOD = token(KEY)

any_text = st.text(st.characters(), max_size=400)  # lone surrogates included
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=5,
)
domains = st.none() | any_text | st.sampled_from(["", "tenant.auth0.com", "evil.example"])


def objects(good: dict[str, object]) -> st.SearchStrategy[dict[str, object]]:
    """A good object with some members replaced or added."""
    changed = st.dictionaries(st.sampled_from([*good, "nbf", "azp", "crit", "jwk"]), any_json, max_size=3)
    return changed.map(lambda changes: good | changes)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    start = draw(st.integers(0, len(GOOD)))
    end = draw(st.integers(start, min(len(GOOD), start + 5)))
    return GOOD[:start] + draw(st.text(st.characters(), max_size=5)) + GOOD[end:]


shaped = st.tuples(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60)).map(
    lambda parts: ".".join(map(b64, parts))
)
any_token = any_text | shaped | damaged()


async def outcome(mode: VerifyMode, text: str, domain: str | None) -> tuple[Identity | GatewayError, int]:
    web, clock = FakeWeb(), FakeClock()
    web.publish(ISSUER.url, KEY)
    async with HttpKeySets(clock=clock, client_factory=web.client) as key_sets:
        provider = Auth0IdentityProvider(
            issuers=[ISSUER], key_sets=key_sets, clock=clock, mode=mode, client_id="our-client"
        )
        try:
            return await provider.verify(text, domain), web.requests
        except GatewayError as error:
            return error, web.requests


@unhurried
@given(any_text | shaped, domains)
async def test_arbitrary_text_is_refused_without_a_request(text: str, domain: str | None) -> None:
    result, requests = await outcome(VerifyMode.ENFORCE, text, domain)
    assert isinstance(result, CredentialsRejected)
    assert requests == 0


@unhurried
@given(damaged())
async def test_a_damaged_token_is_refused(text: str) -> None:
    result, _ = await outcome(VerifyMode.ENFORCE, text, None)
    assert isinstance(result, CredentialsRejected) or text == GOOD


@unhurried
@given(objects(header(KEY)), objects(claims()))
async def test_a_well_signed_token_with_any_content_is_taken_or_refused(
    head: dict[str, object], payload: dict[str, object]
) -> None:
    text = token(KEY, json.dumps(payload).encode(), json.dumps(head).encode())
    result, requests = await outcome(VerifyMode.ENFORCE, text, None)
    assert isinstance(result, Identity | CredentialsRejected)
    if isinstance(result, Identity):
        str(result.subject + (result.email or "")).encode()
    if head != header(KEY) and requests:
        assert {"crit", "jwk"}.isdisjoint(head) and head["alg"] == "RS256"
    assert not requests or payload["iss"] == ISSUER.url


@unhurried
@given(any_token, domains)
async def test_the_lenient_modes_let_anything_pass_without_breaking(text: str, domain: str | None) -> None:
    for mode in (VerifyMode.SHADOW, VerifyMode.OFF):
        result, _ = await outcome(mode, text, domain)
        assert isinstance(result, Identity)
        assert result.domain and result.domain.isascii()

"""Google's identity tokens: each reason of wire 9.2, and what attackers forge."""

import hashlib
import hmac
from collections.abc import AsyncIterator

import httpx
import pytest
from tests.unit.adapters.auth0.forge import NOW, Json, b64, header, key_set, signing_key, token

from adapters.google.push_tokens import GOOGLE_KEYS_URL, GooglePushTokenVerifier
from adapters.memory.clock import ManualClock
from domain.errors import IdentityKeysUnavailable
from domain.ingress.rejections import DeliveryRejected

AUDIENCE = "https://gateway.example.com/ingress/pubsub"
SERVICE_ACCOUNT = "push@project.iam.gserviceaccount.example"
KEY, OTHER = signing_key("first"), signing_key("second")


class Google:
    """`answer` is what its key set's address gives."""

    def __init__(self) -> None:
        self.downloads: list[str] = []
        self.answer: httpx.Response | Exception = httpx.Response(200, content=key_set(KEY.jwk()))

    def publish(self, *jwks: Json) -> None:
        self.answer = httpx.Response(200, content=key_set(*jwks))

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._serve))

    async def _serve(self, request: httpx.Request) -> httpx.Response:
        self.downloads.append(str(request.url))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def google() -> Google:
    return Google()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
async def verifier(google: Google, clock: ManualClock) -> AsyncIterator[GooglePushTokenVerifier]:
    async with GooglePushTokenVerifier(clock=clock, client_factory=google.client) as verifier:
        yield verifier


def claims(**changes: object) -> Json:
    """None leaves a claim out."""
    good: Json = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "azp": "113774264463038321964",
        "sub": "113774264463038321964",
        "email": SERVICE_ACCOUNT,
        "email_verified": True,
        "iat": NOW - 5,
        "exp": NOW + 3600,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


async def reason(verifier: GooglePushTokenVerifier, text: str) -> str:
    """Empty for a token that is accepted."""
    try:
        await verifier.verify(text, audience=AUDIENCE, service_account=SERVICE_ACCOUNT)
    except DeliveryRejected as rejection:
        return rejection.reason.value
    return ""


async def test_a_token_of_google_is_accepted(verifier: GooglePushTokenVerifier, google: Google) -> None:
    assert await reason(verifier, token(KEY, claims())) == ""
    assert google.downloads == [GOOGLE_KEYS_URL]


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "accounts.google.com"},
        {"aud": [AUDIENCE]},
        {"exp": NOW - 59},
        {"nbf": NOW + 60},
        {"iat": None, "azp": None, "sub": None},
    ],
)
async def test_a_token_may_say_it_in_other_words(verifier: GooglePushTokenVerifier, changes: Json) -> None:
    assert await reason(verifier, token(KEY, claims(**changes))) == ""


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"exp": NOW - 60}, "oidc_expired"),
        ({"exp": 0}, "oidc_expired"),
        ({"exp": None}, "oidc_invalid"),
        ({"exp": True}, "oidc_invalid"),
        ({"exp": str(NOW + 60)}, "oidc_invalid"),
        ({"exp": 2**60}, "oidc_invalid"),
        ({"nbf": NOW + 61}, "oidc_invalid"),
        ({"iss": None}, "oidc_invalid"),
        ({"iss": "https://accounts.google.com/"}, "oidc_invalid"),
        ({"iss": "https://evil.example"}, "oidc_invalid"),
        ({"iss": ["https://accounts.google.com"]}, "oidc_invalid"),
        ({"aud": None}, "oidc_wrong_audience"),
        ({"aud": ""}, "oidc_wrong_audience"),
        ({"aud": AUDIENCE + "/"}, "oidc_wrong_audience"),
        ({"aud": AUDIENCE.upper()}, "oidc_wrong_audience"),
        ({"aud": [AUDIENCE, "another"]}, "oidc_wrong_audience"),
        ({"aud": {"0": AUDIENCE}}, "oidc_wrong_audience"),
        ({"email": "other@project.iam.gserviceaccount.example"}, "oidc_wrong_sa"),
        ({"email": SERVICE_ACCOUNT.upper()}, "oidc_wrong_sa"),
        ({"email": None}, "oidc_unverified_email"),
        ({"email": [SERVICE_ACCOUNT]}, "oidc_unverified_email"),
        ({"email_verified": None}, "oidc_unverified_email"),
        ({"email_verified": False}, "oidc_unverified_email"),
        ({"email_verified": "true"}, "oidc_unverified_email"),
        ({"email_verified": 1}, "oidc_unverified_email"),
    ],
)
async def test_claims_that_are_not_right_are_refused(
    verifier: GooglePushTokenVerifier, changes: Json, word: str
) -> None:
    assert await reason(verifier, token(KEY, claims(**changes))) == word


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        b64(b"[]") + ".e30.AA",
        b64(b'{"alg":"RS256"}') + ".e30.AA",
        b64(b'{"alg":"RS256","kid":7}') + ".e30.AA",
        b64(b'{"alg":"RS256","kid":""}') + ".e30.AA",
        b64(b'{"alg":"RS256","kid":"first","kid":"second"}') + ".e30.AA",
        b64(b'{"alg":"none","kid":"first"}') + ".e30.",
        b64(b'{"kid":"first"}') + ".e30.AA",
        b64(b'{"alg":"RS256","kid":"first"}') + "." + "A" * 20_000 + ".AA",
        "é.é.é",
    ],
)
async def test_what_is_no_token_of_a_known_key_is_malformed(
    verifier: GooglePushTokenVerifier, google: Google, text: str
) -> None:
    assert await reason(verifier, text) == "oidc_malformed"
    assert not google.downloads


@pytest.mark.parametrize("algorithm", ["HS256", "RS384", "PS256", "ES256", "rs256", "RS256 "])
async def test_only_rs256_is_an_algorithm(verifier: GooglePushTokenVerifier, algorithm: str) -> None:
    assert await reason(verifier, token(KEY, claims(), header(KEY, alg=algorithm))) == "oidc_invalid"


async def test_the_public_key_is_no_secret_to_sign_with(verifier: GooglePushTokenVerifier) -> None:
    for name in ("HS256", "RS256"):
        head = b64(f'{{"alg":"{name}","kid":"first"}}'.encode())
        signed = f"{head}.{token(KEY, claims()).split('.')[1]}"
        forged = hmac.new(KEY.public_pem(), signed.encode(), hashlib.sha256).digest()
        assert await reason(verifier, f"{signed}.{b64(forged)}") in ("oidc_invalid", "oidc_bad_signature")


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"])
async def test_a_token_brings_no_key_of_its_own(verifier: GooglePushTokenVerifier, member: str) -> None:
    value: object = OTHER.jwk() if member == "jwk" else "https://evil.example/keys"
    head = header(OTHER, kid="first") | {member: value}
    assert await reason(verifier, token(OTHER, claims(), head)) == "oidc_invalid"


async def test_a_signature_of_another_key_is_wrong(verifier: GooglePushTokenVerifier) -> None:
    assert await reason(verifier, token(OTHER, claims(), header(OTHER, kid="first"))) == "oidc_bad_signature"


async def test_a_signature_has_one_spelling(verifier: GooglePushTokenVerifier) -> None:
    text = token(KEY, claims())
    assert await reason(verifier, text[:-1] + chr(ord(text[-1]) + 1)) == "oidc_invalid"


async def test_changed_claims_break_the_signature(verifier: GooglePushTokenVerifier) -> None:
    head, _, signature = token(KEY, claims()).split(".")
    changed = token(KEY, claims(aud="another")).split(".")[1]
    assert await reason(verifier, f"{head}.{changed}.{signature}") == "oidc_bad_signature"


@pytest.mark.parametrize("signature", ["", "!!", "AA=="])
async def test_a_signature_that_cannot_be_decoded_is_invalid(
    verifier: GooglePushTokenVerifier, signature: str
) -> None:
    head, body, _ = token(KEY, claims()).split(".")
    assert await reason(verifier, f"{head}.{body}.{signature}") == "oidc_invalid"


@pytest.mark.parametrize("payload", [b"[]", b"text", b'{"exp":1,"exp":2}', b'{"exp":NaN}', b"\xff"])
async def test_signed_claims_that_cannot_be_read_are_invalid(
    verifier: GooglePushTokenVerifier, payload: bytes
) -> None:
    assert await reason(verifier, token(KEY, payload)) == "oidc_invalid"


async def test_a_key_that_google_does_not_publish_is_unknown(verifier: GooglePushTokenVerifier) -> None:
    assert await reason(verifier, token(OTHER, claims())) == "oidc_unknown_kid"


async def test_a_new_key_is_found_at_once(verifier: GooglePushTokenVerifier, google: Google) -> None:
    """D34: the original waits up to an hour."""
    assert await reason(verifier, token(KEY, claims())) == ""
    google.publish(KEY.jwk(), OTHER.jwk())
    assert await reason(verifier, token(OTHER, claims())) == ""
    assert len(google.downloads) == 2


async def test_a_set_without_keys_verifies_nothing(verifier: GooglePushTokenVerifier, google: Google) -> None:
    google.publish()
    assert await reason(verifier, token(KEY, claims())) == "oidc_no_jwks"


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "EC"},
        {"use": "enc"},
        {"alg": "RS512"},
        {"n": "AQAB"},
        {"n": "!"},
        {"n": None},
        {"e": "AQ"},
        {"e": "Ag"},
        {"d": "AQAB"},
        {"k": "AQAB"},
        {"key_ops": ["sign"]},
    ],
)
async def test_a_key_that_is_not_fit_for_it_is_bad(
    verifier: GooglePushTokenVerifier, google: Google, changes: Json
) -> None:
    google.publish(KEY.jwk(**changes), OTHER.jwk())
    assert await reason(verifier, token(KEY, claims())) == "oidc_bad_key"
    assert await reason(verifier, token(OTHER, claims())) == ""


async def test_two_keys_of_one_name_are_both_bad(verifier: GooglePushTokenVerifier, google: Google) -> None:
    google.publish(KEY.jwk(), OTHER.jwk(kid="first"))
    assert await reason(verifier, token(KEY, claims())) == "oidc_bad_key"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("no route"),
        httpx.Response(500),
        httpx.Response(404),
        httpx.Response(302, headers={"location": "https://evil.example"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b"{}"),
        httpx.Response(200, content=b'{"keys": {}}'),
        httpx.Response(200, content=b'{"keys": [], "keys": []}'),
        httpx.Response(200, content=key_set(*[{"kid": str(n)} for n in range(65)])),
        httpx.Response(200, content=b" " * 300_000),
        httpx.Response(200, content=key_set(KEY.jwk()), headers={"content-encoding": "br"}),
    ],
    ids=lambda answer: str(answer)[:40],
)
async def test_without_keys_nothing_can_be_said(
    verifier: GooglePushTokenVerifier, google: Google, answer: httpx.Response | Exception
) -> None:
    google.answer = answer
    with pytest.raises(IdentityKeysUnavailable):
        await reason(verifier, token(KEY, claims()))


async def test_an_outage_of_google_does_not_stop_known_keys(
    verifier: GooglePushTokenVerifier, google: Google, clock: ManualClock
) -> None:
    assert await reason(verifier, token(KEY, claims())) == ""
    google.answer = httpx.ConnectError("no route")
    for _ in range(3):
        await clock.advance(3601)
        fresh = claims(exp=int(clock.now()) + 60)
        assert await reason(verifier, token(KEY, fresh)) == ""
    with pytest.raises(IdentityKeysUnavailable):
        await reason(verifier, token(OTHER, claims(exp=int(clock.now()) + 60)))


async def test_keys_are_kept_for_an_hour(
    verifier: GooglePushTokenVerifier, google: Google, clock: ManualClock
) -> None:
    asked: list[int] = []
    for pause in (0, 3599, 1, 3599):
        await clock.advance(pause)
        assert await reason(verifier, token(KEY, claims(exp=int(clock.now()) + 60))) == ""
        await clock.advance(0)  # what is refreshed behind the call
        asked.append(len(google.downloads))
    assert asked == [1, 1, 2, 2]


async def test_unknown_keys_cost_one_download_a_minute(
    verifier: GooglePushTokenVerifier, google: Google, clock: ManualClock
) -> None:
    assert await reason(verifier, token(KEY, claims())) == ""
    for pause, downloads in ((0, 2), (0, 2), (59, 2), (1, 3)):
        await clock.advance(pause)
        assert await reason(verifier, token(OTHER, claims())) == "oidc_unknown_kid"
        assert len(google.downloads) == downloads


async def test_a_failed_download_names_its_cause(
    verifier: GooglePushTokenVerifier, google: Google, caplog: pytest.LogCaptureFixture
) -> None:
    google.answer = httpx.Response(404)
    with pytest.raises(IdentityKeysUnavailable):
        await reason(verifier, token(KEY, claims()))
    assert "The keys of push tokens cannot be fetched: status 404" in caplog.text


async def test_keys_may_come_from_another_address(google: Google, clock: ManualClock) -> None:
    url = "http://127.0.0.1:9/keys"
    async with GooglePushTokenVerifier(clock=clock, client_factory=google.client, keys_url=url) as verifier:
        assert await reason(verifier, token(KEY, claims())) == ""
    assert google.downloads == [url]


async def test_a_verifier_that_is_not_open_fetches_nothing(google: Google, clock: ManualClock) -> None:
    with pytest.raises(IdentityKeysUnavailable):
        await reason(GooglePushTokenVerifier(clock=clock, client_factory=google.client), token(KEY, claims()))


async def test_no_token_is_logged_or_quoted(
    verifier: GooglePushTokenVerifier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "adapters")
    text = token(KEY, claims(aud="another"))
    with pytest.raises(DeliveryRejected) as caught:
        await verifier.verify(text, audience=AUDIENCE, service_account=SERVICE_ACCOUNT)
    assert text[:20] not in caplog.text + repr(caught.value)
    assert SERVICE_ACCOUNT not in caplog.text + str(caught.value)

"""Line 15: every reason of 9.2 for Pub/Sub push tokens (wire 9.2, D34)."""

import base64
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from tests.compatibility.listeners import Ingress, ingress
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.issuer.server import DemoIssuer
from entrypoints.demo.json_types import JsonValue

pytestmark = pytest.mark.integration

AUDIENCE = "https://gateway.example.com/ingress/pubsub"
ACCOUNT = "push@project.iam.gserviceaccount.example"


@dataclass(frozen=True, slots=True)
class Google:
    """The demo's issuer in Google's place: it signs whatever is claimed."""

    issuer: DemoIssuer

    def token(self, **claims: JsonValue) -> str:
        claimed = {"iss": "https://accounts.google.com", "aud": AUDIENCE, **claims}
        return self.issuer.issue(str(claimed.pop("email", ACCOUNT)), **claimed)


@pytest.fixture(scope="module")
async def door(deployment: Deployment) -> AsyncIterator[Ingress]:
    keys = f"{deployment.behind.issuer.url}/.well-known/jwks.json"
    async with ingress(deployment, GATEWAY_PUBSUB_JWKS_URL=keys) as pair:
        oidc = {"type": "pubsub_oidc", "audience": AUDIENCE, "service_account": ACCOUNT}
        pair.noetl.add("pubsub", oidc, source="pubsub")
        pair.noetl.add("no-audience", {**oidc, "audience": None})
        pair.noetl.add("no-account", {**oidc, "service_account": ""})
        yield pair


@pytest.fixture
def google(deployment: Deployment) -> Google:
    return Google(deployment.behind.issuer)


async def _refused(door: Ingress, token: str | None, name: str = "pubsub") -> tuple[int, object]:
    headers = {} if token is None else {"authorization": token}
    reply = await door.deliver(name, {"message": {"data": ""}}, headers)
    assert set(reply.json()) == {"status", "reason"}, reply.text
    return reply.status_code, reply.json()["reason"]


async def test_line_15_a_token_of_google_is_accepted(door: Ingress, google: Google) -> None:
    reply = await door.deliver("pubsub", {"message": {}}, {"authorization": f"Bearer {google.token()}"})
    assert reply.status_code == 202, reply.text


@pytest.mark.parametrize(
    ("claims", "status", "reason"),
    [
        ({"exp": time.time() - 120}, 401, "oidc_expired"),
        ({"exp": None}, 401, "oidc_invalid"),
        ({"iss": "https://evil.example"}, 401, "oidc_invalid"),
        ({"iss": None}, 401, "oidc_invalid"),
        ({"nbf": time.time() + 600}, 401, "oidc_invalid"),
        ({"aud": "https://elsewhere.example"}, 403, "oidc_wrong_audience"),
        ({"aud": None}, 403, "oidc_wrong_audience"),
        ({"email": "somebody@example.com"}, 403, "oidc_wrong_sa"),
        ({"email_verified": False}, 403, "oidc_unverified_email"),
        ({"email_verified": "true"}, 403, "oidc_unverified_email"),
        ({"email_verified": None}, 403, "oidc_unverified_email"),
    ],
    ids=str,
)
async def test_line_15_claims_that_do_not_fit(
    door: Ingress, google: Google, claims: dict[str, JsonValue], status: int, reason: str
) -> None:
    assert await _refused(door, f"Bearer {google.token(**claims)}") == (status, reason)


async def test_line_15_within_the_leeway_a_token_is_not_expired(door: Ingress, google: Google) -> None:
    token = google.token(exp=time.time() - 30)
    assert (await door.deliver("pubsub", {}, {"authorization": f"Bearer {token}"})).status_code == 202


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (None, "missing_token"),
        ("Bearer not-a-token", "oidc_malformed"),
        ("Bearer a.b.c", "oidc_malformed"),
        ("Bearer ..", "oidc_malformed"),
        ("Basic x", "oidc_malformed"),
    ],
)
async def test_line_15_what_is_no_token(door: Ingress, token: str | None, reason: str) -> None:
    assert await _refused(door, token) == (401, reason)


def _with_header(token: str, **header: object) -> str:
    _, payload, signature = token.split(".")
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{encoded}.{payload}.{signature}"


async def test_line_15_a_token_of_another_key(door: Ingress, google: Google) -> None:
    unknown = _with_header(google.token(), alg="RS256", kid="nobodys", typ="JWT")
    assert await _refused(door, f"Bearer {unknown}") == (401, "oidc_unknown_kid")
    without = _with_header(google.token(), alg="RS256", typ="JWT")
    assert await _refused(door, f"Bearer {without}") == (401, "oidc_malformed")


async def test_line_15_a_changed_token(door: Ingress, google: Google) -> None:
    head, payload, signature = google.token().split(".")
    swapped = ("A" if signature[9] != "A" else "B").join((signature[:9], signature[10:]))
    assert await _refused(door, f"Bearer {head}.{payload}.{swapped}") == (401, "oidc_bad_signature")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512"])
async def test_line_15_only_rs256_counts(door: Ingress, google: Google, algorithm: str) -> None:
    kid = json.loads(base64.urlsafe_b64decode(google.token().split(".")[0] + "=="))["kid"]
    status, _ = await _refused(door, f"Bearer {_with_header(google.token(), alg=algorithm, kid=kid)}")
    assert status == 401


@pytest.mark.parametrize("name", ["no-audience", "no-account"])
async def test_line_15_a_listener_that_does_not_say_whom_it_trusts(door: Ingress, google: Google, name: str) -> None:
    assert await _refused(door, f"Bearer {google.token()}", name) == (403, "misconfigured")


async def _with_keys(deployment: Deployment, google: Google, keys: JsonValue, url: str = "{far}/keys") -> object:
    async with ingress(deployment, GATEWAY_PUBSUB_JWKS_URL=url) as pair:
        pair.noetl.keys = keys
        pair.noetl.add("pubsub", {"type": "pubsub_oidc", "audience": AUDIENCE, "service_account": ACCOUNT})
        reply = await pair.deliver("pubsub", {}, {"authorization": f"Bearer {google.token()}"})
    return reply.status_code, reply.json()


async def test_line_15_a_key_set_without_keys(deployment: Deployment, google: Google) -> None:
    outcome = await _with_keys(deployment, google, {"keys": []})
    assert outcome == (401, {"status": "rejected", "reason": "oidc_no_jwks"})


async def test_line_15_a_key_that_cannot_be_used(deployment: Deployment, google: Google) -> None:
    kid = json.loads(base64.urlsafe_b64decode(google.token().split(".")[0] + "=="))["kid"]
    outcome = await _with_keys(deployment, google, {"keys": [{"kid": kid, "kty": "oct", "k": "c2VjcmV0"}]})
    assert outcome == (403, {"status": "rejected", "reason": "oidc_bad_key"})


async def test_line_15_keys_that_cannot_be_fetched(deployment: Deployment, google: Google) -> None:
    outcome = await _with_keys(deployment, google, "no key set")
    assert outcome == (
        502,
        {"status": "rejected", "reason": "jwks_error", "detail": "could not fetch OIDC keys"},
    )

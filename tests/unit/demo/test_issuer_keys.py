import json

import jwt
import pytest
from tests.unit.demo.issuer_client import (
    ISSUER_URL,
    IssuerClient,
    connect,
    verified,
)

from entrypoints.demo.issuer.server import DemoIssuer


async def test_the_published_keys_verify_an_issued_token(issuer_client: IssuerClient) -> None:
    claims = await verified(issuer_client.http, issuer_client.issuer.issue("alice@example.com"))
    assert claims["email"] == "alice@example.com"
    assert claims["iss"] == f"{ISSUER_URL}/"
    assert claims["email_verified"] is True


async def test_claims_can_be_replaced_and_removed(issuer_client: IssuerClient) -> None:
    token = issuer_client.issuer.issue("x@example.com", iss="http://elsewhere/", email_verified=False, name=None)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["iss"], claims["email_verified"]) == ("http://elsewhere/", False)
    assert "name" not in claims


async def test_a_rotated_key_signs_and_the_old_one_still_verifies() -> None:
    issuer = DemoIssuer(url=ISSUER_URL)
    async with connect(issuer) as http:
        old = issuer.issue("alice@example.com")
        key_id = issuer.rotate_key()
        new = issuer.issue("alice@example.com")
        assert jwt.get_unverified_header(new)["kid"] == key_id
        assert (await verified(http, old))["email"] == (await verified(http, new))["email"]
        issuer.rotate_key(retire_old=True)
        with pytest.raises(KeyError):
            await verified(http, new)


async def test_private_parts_of_the_key_stay_private(issuer_client: IssuerClient) -> None:
    (key,) = (await issuer_client.http.get("/.well-known/jwks.json")).json()["keys"]
    assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}
    assert len(json.dumps(key)) < 600


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
async def test_user_information_needs_an_access_token(issuer_client: IssuerClient, token: str) -> None:
    reply = await issuer_client.http.get("/userinfo", headers={"authorization": f"Bearer {token}"})
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")


async def test_an_id_token_is_no_access_token(issuer_client: IssuerClient) -> None:
    token = issuer_client.issuer.issue("alice@example.com")
    reply = await issuer_client.http.get("/userinfo", headers={"authorization": f"Bearer {token}"})
    assert reply.status_code == 401


async def test_pages_of_other_origins_may_ask_for_tokens(issuer_client: IssuerClient) -> None:
    reply = await issuer_client.http.options("/oauth/token", headers={"origin": "http://localhost:3000"})
    assert reply.status_code == 204
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "POST" in reply.headers["access-control-allow-methods"]


async def test_requests_are_counted_and_can_all_fail() -> None:
    issuer = DemoIssuer(url=ISSUER_URL)
    async with connect(issuer) as http:
        await http.get("/.well-known/jwks.json")
        issuer.unavailable = True
        assert (await http.get("/.well-known/jwks.json")).status_code == 503
    assert issuer.requests["/.well-known/jwks.json"] == 2

import pytest
from tests.unit.demo.issuer_client import CALLBACK, IssuerClient, fragment_of, new_verifier, query_of, verified

from entrypoints.demo.issuer.token_factory import access_token_hash


async def test_the_code_flow_with_pkce_ends_in_verified_tokens(issuer_client: IssuerClient) -> None:
    verifier = new_verifier()
    location = await issuer_client.choose(issuer_client.code_request(verifier))
    assert location.startswith(f"{CALLBACK}?")
    assert query_of(location)["state"] == "st&te"
    reply = await issuer_client.exchange(query_of(location)["code"], verifier)
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["access-control-allow-origin"] == "*"
    tokens = reply.json()
    claims = await verified(issuer_client.http, tokens["id_token"])
    assert (claims["email"], claims["nonce"]) == ("alice@example.com", "n-1")
    user = await issuer_client.http.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert user.json()["email"] == "alice@example.com"


async def test_the_token_endpoint_takes_json_too(issuer_client: IssuerClient) -> None:
    verifier = new_verifier()
    location = await issuer_client.choose(issuer_client.code_request(verifier))
    body = {
        "grant_type": "authorization_code",
        "code": query_of(location)["code"],
        "client_id": "demo-client",
        "redirect_uri": CALLBACK,
        "code_verifier": verifier,
    }
    assert (await issuer_client.http.post("/oauth/token", json=body)).status_code == 200


async def test_a_code_is_good_only_once(issuer_client: IssuerClient) -> None:
    verifier = new_verifier()
    code = query_of(await issuer_client.choose(issuer_client.code_request(verifier)))["code"]
    assert (await issuer_client.exchange(code, verifier)).status_code == 200
    assert (await issuer_client.exchange(code, verifier)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": ""},
        {"redirect_uri": "http://localhost:3000/other"},
        {"client_id": "other"},
        {"code": "made-up"},
    ],
)
async def test_a_code_is_good_only_for_its_client_address_and_verifier(
    issuer_client: IssuerClient, wrong: dict[str, str]
) -> None:
    verifier = new_verifier()
    code = query_of(await issuer_client.choose(issuer_client.code_request(verifier)))["code"]
    reply = await issuer_client.exchange(code, verifier, change=wrong)
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_grant")


async def test_other_grants_are_not_supported(issuer_client: IssuerClient) -> None:
    reply = await issuer_client.exchange("c", "v", change={"grant_type": "password"})
    assert reply.json()["error"] == "unsupported_grant_type"


async def test_the_implicit_flow_answers_in_the_fragment(issuer_client: IssuerClient) -> None:
    location = await issuer_client.choose(issuer_client.implicit_request(), email="viewer@example.com")
    assert query_of(location) == {}
    reply = fragment_of(location)
    assert (reply["state"], reply["token_type"]) == ("st&te", "Bearer")
    claims = await verified(issuer_client.http, reply["id_token"])
    assert (claims["nonce"], claims["email"]) == ("n-1", "viewer@example.com")
    assert claims["at_hash"] == access_token_hash(reply["access_token"])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"response_type": "id_token", "nonce": ""}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_a_wrong_request_is_told_to_the_client(
    issuer_client: IssuerClient, change: dict[str, str], error: str
) -> None:
    request = issuer_client.code_request(new_verifier(), **change)
    location = (await issuer_client.http.get("/authorize", params=request)).headers["location"]
    reply = query_of(location) | fragment_of(location)
    assert (reply["error"], reply["state"]) == (error, "st&te")

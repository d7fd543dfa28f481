import jwt
from tests.unit.demo.issuer_client import IssuerClient

_PATH = "/computeMetadata/v1/instance/service-accounts/default/identity"
_FLAVOR = {"metadata-flavor": "Google"}


async def test_a_push_token_is_signed_in_the_name_of_google(issuer_client: IssuerClient) -> None:
    reply = await issuer_client.http.get(_PATH, params={"audience": "https://here"}, headers=_FLAVOR)
    (key,) = (await issuer_client.http.get("/.well-known/jwks.json")).json()["keys"]
    claims = jwt.decode(
        reply.text,
        jwt.PyJWK(key).key,
        algorithms=["RS256"],
        audience="https://here",
        issuer="https://accounts.google.com",
    )
    assert claims["email_verified"] is True


async def test_a_push_token_is_asked_for_as_at_googles_metadata_server(issuer_client: IssuerClient) -> None:
    assert (await issuer_client.http.get(_PATH, params={"audience": "https://here"})).status_code == 403
    assert (await issuer_client.http.get(_PATH, headers=_FLAVOR)).status_code == 400

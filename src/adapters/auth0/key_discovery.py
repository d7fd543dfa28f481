"""Where issuers publish their keys."""

from adapters.signed_tokens.key_download import Get, KeysUnreachable
from adapters.signed_tokens.strict_json import decode_json_object


async def published_by(issuer_url: str, get: Get) -> bytes:
    """Its `.well-known/jwks.json` or, where there is none, what its OpenID configuration names.

    Raises KeysUnreachable.
    """
    body = await get(f"{issuer_url}.well-known/jwks.json")
    if body is None:
        configuration = await get(f"{issuer_url}.well-known/openid-configuration")
        body = await get(_key_set_url(configuration, issuer_url))
    if body is None:
        raise KeysUnreachable("no key set there (status 404)")
    return body


def _key_set_url(configuration: bytes | None, issuer_url: str) -> str:
    """Of the same origin only: `issuer_url` ends with the slash after the authority, so a prefix is enough."""
    if configuration is None:
        raise KeysUnreachable("neither a key set nor an OpenID configuration there (status 404)")
    try:
        document = decode_json_object(configuration)
    except ValueError as error:
        raise KeysUnreachable(f"the OpenID configuration is refused: {error}") from error
    url = document.get("jwks_uri")
    if document.get("issuer") != issuer_url or not isinstance(url, str) or not url.startswith(issuer_url):
        raise KeysUnreachable("the OpenID configuration names another issuer or another origin")
    return url

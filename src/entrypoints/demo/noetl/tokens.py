"""How the login playbook reads an Auth0 token: payload only. The signature is the gateway's business."""

import base64
import binascii
import time
from dataclasses import dataclass

import msgspec

from entrypoints.demo.json_types import JsonObject


class TokenError(Exception):
    """The text is the reason that the login callback carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClaims:
    subject: str
    email: str
    name: str


def read_token(token: str, auth0_domain: str) -> TokenClaims:
    """Raises `TokenError`. An empty domain switches the issuer check off, as in the real playbook."""
    payload = _payload(token)
    expiry = payload.get("exp")
    if isinstance(expiry, int | float) and expiry <= time.time():
        raise TokenError("Token has expired")
    if auth0_domain and payload.get("iss") != issuer_of(auth0_domain):
        raise TokenError("Invalid token issuer")
    email = str(payload.get("email") or "")
    return TokenClaims(subject=str(payload.get("sub") or ""), email=email, name=str(payload.get("name") or email))


def issuer_of(auth0_domain: str) -> str:
    """The `iss` that belongs to a bare domain, which is spoken to in the clear on this machine only, or to a URL."""
    scheme = "http" if auth0_domain.startswith(("127.", "localhost", "[::1]")) else "https"
    origin = auth0_domain if "://" in auth0_domain else f"{scheme}://{auth0_domain}"
    return origin.rstrip("/") + "/"


def _payload(token: str) -> JsonObject:
    parts = token.split(".")
    try:
        _, encoded, _ = parts
        payload = msgspec.json.decode(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (ValueError, binascii.Error, msgspec.DecodeError) as exc:
        raise TokenError("Invalid JWT format") from exc
    if not isinstance(payload, dict):
        raise TokenError("Invalid JWT format")
    return payload

"""Signed tokens before anybody believes them (RFC 7515 compact form, narrowed)."""

from dataclasses import dataclass, field

from adapters.auth0.refusals import Reason, TokenRefused
from adapters.signed_tokens.base64url import decode_base64url
from adapters.signed_tokens.compact_form import MAX_KEY_ID_LENGTH, MAX_TOKEN_LENGTH, REFUSED_HEADERS
from adapters.signed_tokens.strict_json import decode_json_object
from domain.json_values import JsonObject

_TYPES = frozenset({"jwt", "at+jwt"})


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """Well-formed, and nothing more: `claims` are what somebody wrote."""

    text: str = field(repr=False)
    key_id: str
    claims: JsonObject = field(repr=False)


def read_token(text: str) -> UnverifiedToken:
    """Raises TokenRefused. Whatever passes is RS256 with a key id, in the one spelling that its bytes have."""
    header_segment, claims_segment, signature_segment = _segments(text)
    try:
        header = decode_json_object(decode_base64url(header_segment))
        decode_base64url(signature_segment)
    except ValueError:
        raise TokenRefused(Reason.MALFORMED) from None
    return UnverifiedToken(text, _checked_header(header), _claims(claims_segment))


def unverified_claims(text: str) -> JsonObject:
    """What the token says, whoever signed it; empty where that cannot be read."""
    try:
        return _claims(_segments(text)[1])
    except TokenRefused:
        return {}


def _segments(text: str) -> tuple[str, str, str]:
    if len(text) > MAX_TOKEN_LENGTH:
        raise TokenRefused(Reason.TOO_LARGE)
    segments = text.split(".", 3)
    if len(segments) != 3:
        raise TokenRefused(Reason.MALFORMED)
    return segments[0], segments[1], segments[2]


def _claims(segment: str) -> JsonObject:
    try:
        return decode_json_object(decode_base64url(segment))
    except ValueError:
        raise TokenRefused(Reason.MALFORMED) from None


def _checked_header(header: JsonObject) -> str:
    if header.get("alg") != "RS256":
        raise TokenRefused(Reason.ALGORITHM)
    if not REFUSED_HEADERS.isdisjoint(header):
        raise TokenRefused(Reason.HEADER)
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise TokenRefused(Reason.HEADER)
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= MAX_KEY_ID_LENGTH:
        raise TokenRefused(Reason.KEY_ID)
    return key_id

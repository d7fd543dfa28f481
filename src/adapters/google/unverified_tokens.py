"""Push tokens as they come in, before anybody believes them (RFC 7515 compact form, narrowed)."""

from dataclasses import dataclass, field

from adapters.signed_tokens.base64url import decode_base64url
from adapters.signed_tokens.compact_form import MAX_KEY_ID_LENGTH, MAX_TOKEN_LENGTH, REFUSED_HEADERS
from adapters.signed_tokens.strict_json import decode_json_object
from domain.ingress.rejections import DeliveryRejected, Reason
from domain.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """Signed with RS256, by its own account, and with the key `key_id`."""

    text: str = field(repr=False)
    key_id: str

    def claims(self) -> JsonObject:
        """What the token says. To be read after its signature. Raises DeliveryRejected (OIDC_INVALID)."""
        try:
            return decode_json_object(decode_base64url(self.text.split(".")[1]))
        except ValueError:
            raise DeliveryRejected(Reason.OIDC_INVALID) from None


def read_token(text: str) -> UnverifiedToken:
    """Raises DeliveryRejected: OIDC_MALFORMED without a readable header and a key id, OIDC_INVALID for a header
    or a signature that no token of Google has.
    """
    segments = text.split(".", 3)
    if len(text) > MAX_TOKEN_LENGTH or len(segments) != 3:
        raise DeliveryRejected(Reason.OIDC_MALFORMED)
    header = _header(segments[0])
    key_id, algorithm = header.get("kid"), header.get("alg")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= MAX_KEY_ID_LENGTH:
        raise DeliveryRejected(Reason.OIDC_MALFORMED)
    if not isinstance(algorithm, str) or algorithm.lower() == "none":
        raise DeliveryRejected(Reason.OIDC_MALFORMED)
    if algorithm != "RS256" or not REFUSED_HEADERS.isdisjoint(header):
        raise DeliveryRejected(Reason.OIDC_INVALID)
    try:
        decode_base64url(segments[2])
    except ValueError:
        raise DeliveryRejected(Reason.OIDC_INVALID) from None
    return UnverifiedToken(text, key_id)


def _header(segment: str) -> JsonObject:
    try:
        return decode_json_object(decode_base64url(segment))
    except ValueError:
        raise DeliveryRejected(Reason.OIDC_MALFORMED) from None

"""Which published keys may verify a signature (RFC 7517, narrowed to RSA signing keys)."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from jwt import PyJWK, PyJWTError

from adapters.signed_tokens.base64url import decode_base64url
from adapters.signed_tokens.strict_json import decode_json_object
from domain.json_values import JsonObject, JsonValue

MAX_KEYS = 64
MIN_MODULUS_BITS = 2048
MAX_MODULUS_BITS = 8192
MAX_EXPONENT_BITS = 32

KeySet: TypeAlias = Mapping[str, PyJWK | None]
"""By key id; each key is bound to RS256. None for one that is published and must not verify anything."""


def listed_keys(body: bytes) -> Sequence[JsonValue]:
    """What a JWKS document lists, unchecked. Raises ValueError, quoting nothing: not strict JSON, over 64 keys."""
    keys = decode_json_object(body).get("keys")
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise ValueError("it is not a list of at most 64 keys")
    return keys


def signing_key(key: JsonObject) -> PyJWK:
    """Raises ValueError, quoting nothing, for a key that must not verify a signature."""
    if key.get("kty") != "RSA":
        raise ValueError("it is not an RSA key")
    if key.get("use", "sig") != "sig" or not _may_verify(key):
        raise ValueError("it is not for signatures")
    if key.get("alg", "RS256") != "RS256":
        raise ValueError("it is not for RS256")
    if "d" in key or "k" in key:
        raise ValueError("its private half is published")
    modulus, exponent = key.get("n"), key.get("e")
    _check_numbers(_number(modulus), _number(exponent))
    try:
        return PyJWK({"kty": "RSA", "n": modulus, "e": exponent}, algorithm="RS256")
    except PyJWTError:
        raise ValueError("its numbers make no key") from None


def _may_verify(key: JsonObject) -> bool:
    if "key_ops" not in key:
        return True
    operations = key["key_ops"]
    return isinstance(operations, list) and "verify" in operations


def _number(value: JsonValue) -> int:
    if not isinstance(value, str):
        raise ValueError("a number of it is missing")
    return int.from_bytes(decode_base64url(value))


def _check_numbers(modulus: int, exponent: int) -> None:
    if not MIN_MODULUS_BITS <= modulus.bit_length() <= MAX_MODULUS_BITS or modulus % 2 == 0:
        raise ValueError("its modulus is weak or oversized")
    if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > MAX_EXPONENT_BITS:
        raise ValueError("its exponent is weak or oversized")

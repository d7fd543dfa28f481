"""Google's published signing keys (RFC 7517, narrowed to RS256)."""

from collections.abc import Mapping
from typing import TypeAlias

from jwt import PyJWK, PyJWTError

from adapters.google.base64url import decoded
from domain.errors import RequestMalformed
from domain.json_values import JsonObject, JsonValue
from domain.strict_json import strict_object

_MAX_KEYS = 64
_MODULUS_BITS = range(2048, 8193)
_MAX_EXPONENT_BITS = 32

KeySet: TypeAlias = Mapping[str, PyJWK | None]
"""By key id, each bound to RS256; None for a key that must not verify anything."""


def parse_key_set(body: bytes) -> KeySet:
    """Raises ValueError, quoting nothing, for what is no key set. It may be empty."""
    try:
        members = strict_object(body).get("keys")
    except RequestMalformed:
        raise ValueError("it is not a JSON object in UTF-8 without repeated members") from None
    if not isinstance(members, list) or len(members) > _MAX_KEYS:
        raise ValueError("it does not list its keys, or too many of them")
    keys: dict[str, PyJWK | None] = {}
    for member in members:
        key_id = member.get("kid") if isinstance(member, dict) else None
        if isinstance(key_id, str) and key_id:
            # Two keys of one name could be read in two ways, so neither is used.
            keys[key_id] = None if key_id in keys else _usable(member)
    return keys


def _usable(member: JsonObject) -> PyJWK | None:
    foreign = member.get("kty") != "RSA" or member.get("use", "sig") != "sig" or member.get("alg", "RS256") != "RS256"
    if foreign or "d" in member or "k" in member:
        return None
    modulus, exponent = member.get("n"), member.get("e")
    if not _is_strong(_number(modulus), _number(exponent)):
        return None
    try:
        return PyJWK({"kty": "RSA", "n": modulus, "e": exponent}, algorithm="RS256")
    except PyJWTError:
        return None


def _number(value: JsonValue) -> int:
    """0 for what is none."""
    try:
        return int.from_bytes(decoded(value)) if isinstance(value, str) else 0
    except ValueError:
        return 0


def _is_strong(modulus: int, exponent: int) -> bool:
    odd = modulus % 2 == 1 and exponent % 2 == 1
    return odd and modulus.bit_length() in _MODULUS_BITS and 3 <= exponent < 2**_MAX_EXPONENT_BITS

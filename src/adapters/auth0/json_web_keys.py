"""Which published keys may verify a signature (RFC 7517, narrowed to RSA signing keys)."""

import logging
from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

from jwt import PyJWK, PyJWTError

from adapters.auth0.base64url import decode_base64url
from adapters.auth0.strict_json import decode_json_object
from domain.json_values import JsonObject, JsonValue

MAX_KEYS = 64
MIN_MODULUS_BITS = 2048
MAX_MODULUS_BITS = 8192
MAX_EXPONENT_BITS = 32

KeySet: TypeAlias = Mapping[str, PyJWK]
"""By key id; each key is bound to RS256."""

logger = logging.getLogger(__name__)


def parse_key_set(body: bytes) -> KeySet:
    """The usable keys of a JWKS document; each other key is left out with a log line.

    Raises ValueError, quoting nothing, when the set as a whole is not to be trusted: not strict JSON, over 64
    keys, one key id twice, a symmetric key among them, or no usable key at all.
    """
    keys = _members(decode_json_object(body))
    named = Counter(key_id for key in keys if isinstance(key_id := key.get("kid"), str))
    if any(count > 1 for count in named.values()):
        raise ValueError("one key id names two keys")
    if any(key.get("kty") == "oct" or "k" in key for key in keys):
        raise ValueError("it publishes a symmetric key")
    usable: dict[str, PyJWK] = {}
    for key in keys:
        try:
            key_id, public_key = _usable_key(key)
        except ValueError as error:
            logger.warning("The published key %.80r is not used: %s", key.get("kid"), error)
        else:
            usable[key_id] = public_key
    if not usable:
        raise ValueError("it holds no usable key")
    return usable


def _members(document: JsonObject) -> list[JsonObject]:
    keys = document.get("keys")
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise ValueError("it is not a list of at most 64 keys")
    members: list[JsonObject] = [key for key in keys if isinstance(key, dict)]
    if len(members) != len(keys):
        raise ValueError("it is not a list of keys")
    return members


def _usable_key(key: JsonObject) -> tuple[str, PyJWK]:
    key_id = key.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise ValueError("it has no id")
    if key.get("kty") != "RSA":
        raise ValueError("it is not an RSA key")
    if key.get("use", "sig") != "sig" or not _may_verify(key):
        raise ValueError("it is not for signatures")
    if key.get("alg", "RS256") != "RS256":
        raise ValueError("it is not for RS256")
    if "d" in key:
        raise ValueError("its private half is published")
    modulus, exponent = key.get("n"), key.get("e")
    _check_numbers(_number(modulus), _number(exponent))
    try:
        return key_id, PyJWK({"kty": "RSA", "n": modulus, "e": exponent}, algorithm="RS256")
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

"""An issuer's key set as a whole. Anything odd about one is a reason not to trust it."""

import logging
from collections import Counter

from jwt import PyJWK

from adapters.signed_tokens.json_web_keys import KeySet, listed_keys, signing_key
from domain.json_values import JsonObject

logger = logging.getLogger(__name__)


def parse_key_set(body: bytes) -> KeySet:
    """The usable keys of a JWKS document; each other key is left out with a log line.

    Raises ValueError, quoting nothing, when the set as a whole is not to be trusted: not strict JSON, over 64
    keys, one key id twice, a symmetric key among them, or no usable key at all.
    """
    keys = _members(body)
    named = Counter(key_id for key in keys if isinstance(key_id := key.get("kid"), str))
    if any(count > 1 for count in named.values()):
        raise ValueError("one key id names two keys")
    if any(key.get("kty") == "oct" or "k" in key for key in keys):
        raise ValueError("it publishes a symmetric key")
    usable: dict[str, PyJWK] = {}
    for key in keys:
        try:
            key_id, public_key = _id_of(key), signing_key(key)
        except ValueError as error:
            logger.warning("The published key %.80r is not used: %s", key.get("kid"), error)
        else:
            usable[key_id] = public_key
    if not usable:
        raise ValueError("it holds no usable key")
    return usable


def _members(body: bytes) -> list[JsonObject]:
    keys = listed_keys(body)
    members: list[JsonObject] = [key for key in keys if isinstance(key, dict)]
    if len(members) != len(keys):
        raise ValueError("it is not a list of keys")
    return members


def _id_of(key: JsonObject) -> str:
    key_id = key.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise ValueError("it has no id")
    return key_id

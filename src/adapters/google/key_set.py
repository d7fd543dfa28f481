"""Google's published signing keys."""

from jwt import PyJWK

from adapters.signed_tokens.json_web_keys import KeySet, listed_keys, signing_key
from domain.json_values import JsonObject


def parse_key_set(body: bytes) -> KeySet:
    """Raises ValueError, quoting nothing, for what is no key set. It may be empty."""
    keys: dict[str, PyJWK | None] = {}
    for member in listed_keys(body):
        if not isinstance(member, dict):
            continue
        key_id = member.get("kid")
        if isinstance(key_id, str) and key_id:
            # Two keys of one name could be read in two ways, so neither is used.
            keys[key_id] = None if key_id in keys else _usable(member)
    return keys


def _usable(member: JsonObject) -> PyJWK | None:
    try:
        return signing_key(member)
    except ValueError:
        return None

"""What a signed token may at most be before it is read (RFC 7515, narrowed)."""

MAX_TOKEN_LENGTH = 16 * 1024
MAX_KEY_ID_LENGTH = 256

REFUSED_HEADERS = frozenset({"b64", "crit", "jku", "jwk", "x5c", "x5u", "zip"})
"""They bring their own key, or change what the signature covers; no token that we accept needs one."""

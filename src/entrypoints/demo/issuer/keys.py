"""RSA keys that live in memory only, and what they sign."""

import secrets
from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from entrypoints.demo.json_types import JsonObject, JsonValue


class SigningKeys:
    """The newest key signs; older ones stay published until they are retired."""

    def __init__(self) -> None:
        self._keys: dict[str, RSAPrivateKey] = {}
        self.rotate()

    @property
    def current_id(self) -> str:
        return next(reversed(self._keys))

    def rotate(self, *, retire_old: bool = False) -> str:
        """Signs with a new key from now on and answers its id."""
        if retire_old:
            self._keys.clear()
        key_id = secrets.token_hex(8)
        self._keys[key_id] = generate_private_key(public_exponent=65537, key_size=2048)
        return key_id

    def sign(self, claims: Mapping[str, JsonValue]) -> str:
        key_id = self.current_id
        return jwt.encode(dict(claims), self._keys[key_id], algorithm="RS256", headers={"kid": key_id})

    def verify(self, token: str, *, audience: str, issuer: str) -> JsonObject:
        """The claims of a token of our own. Raises `jwt.PyJWTError` for any other."""
        key = self._keys.get(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise jwt.InvalidKeyError("not a key of this issuer")
        claims: JsonObject = jwt.decode(
            token, key.public_key(), algorithms=["RS256"], audience=audience, issuer=issuer
        )
        return claims

    def jwks(self) -> JsonObject:
        return {"keys": [_public(key_id, key) for key_id, key in self._keys.items()]}


def _public(key_id: str, key: RSAPrivateKey) -> JsonObject:
    numbers = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id, "n": numbers["n"], "e": numbers["e"]}

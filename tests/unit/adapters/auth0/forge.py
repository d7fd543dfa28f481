"""Tokens and keys made by hand, so that they can be wrong in ways that no library would produce."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NOW = 1_900_000_000

Json = dict[str, Any]


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def b64_int(number: int) -> str:
    return b64(number.to_bytes((number.bit_length() + 7) // 8))


@dataclass(frozen=True)
class Key:
    kid: str
    private: rsa.RSAPrivateKey

    def jwk(self, **changes: object) -> Json:
        """None for a member leaves it out."""
        numbers = self.private.public_key().public_numbers()
        jwk: Json = {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": b64_int(numbers.n),
            "e": b64_int(numbers.e),
        }
        return {name: value for name, value in (jwk | changes).items() if value is not None}

    def sign(self, signed: bytes) -> bytes:
        return self.private.sign(signed, padding.PKCS1v15(), SHA256())

    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@cache
def _private_key(name: str, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def signing_key(name: str, *, bits: int = 2048, kid: str | None = None) -> Key:
    """The same key for the same name during the whole run: making one is slow."""
    return Key(name if kid is None else kid, _private_key(name, bits))


def key_set(*jwks: Json) -> bytes:
    return json.dumps({"keys": jwks}).encode()


def claims(**changes: object) -> Json:
    """What a good token says; None for a claim leaves it out."""
    good: Json = {
        "iss": "https://tenant.auth0.com/",
        "sub": "auth0|42",
        "aud": "our-client",
        "exp": NOW + 3600,
        "iat": NOW - 10,
        "email": "ada@example.org",
        "email_verified": True,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def header(key: Key, **changes: object) -> Json:
    good: Json = {"alg": "RS256", "typ": "JWT", "kid": key.kid}
    return {name: value for name, value in (good | changes).items() if value is not None}


def token(key: Key, payload: Json | bytes | None = None, head: Json | bytes | None = None) -> str:
    """Signed with RS256 whatever the header says. Bytes are taken as they are."""
    payload = claims() if payload is None else payload
    head = header(key) if head is None else head
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (head, payload)]
    signed = ".".join(map(b64, parts))
    return f"{signed}.{b64(key.sign(signed.encode()))}"

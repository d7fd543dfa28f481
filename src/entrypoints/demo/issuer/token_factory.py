"""ID tokens and access tokens, as Auth0 makes them."""

import base64
import hashlib
import time

from entrypoints.demo.issuer.keys import SigningKeys
from entrypoints.demo.issuer.users import DemoUser
from entrypoints.demo.json_types import JsonObject, JsonValue


class TokenFactory:
    """`issuer` ends in a slash; `lifetime` is in seconds."""

    def __init__(self, keys: SigningKeys, *, issuer: str, client_id: str, lifetime: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._client_id = client_id
        self.lifetime = lifetime

    def id_token(self, user: DemoUser, overrides: JsonObject | None = None) -> str:
        """`overrides` replaces claims, and removes those that it sets to None."""
        claims: dict[str, JsonValue] = {
            **self._times(),
            "iss": self._issuer,
            "sub": user.subject,
            "aud": self._client_id,
            "email": user.email,
            "email_verified": user.email_verified,
            "name": user.name,
            **(overrides or {}),
        }
        return self._keys.sign({name: value for name, value in claims.items() if value is not None})

    def access_token(self, user: DemoUser, *, scope: str, audience: str | None) -> str:
        """Always good for `/userinfo`, and for `audience` when the client asked for one."""
        userinfo = self._issuer + "userinfo"
        return self._keys.sign(
            {
                **self._times(),
                "iss": self._issuer,
                "sub": user.subject,
                "aud": [audience, userinfo] if audience else [userinfo],
                "azp": self._client_id,
                "scope": scope,
            }
        )

    def subject_of(self, access_token: str) -> str:
        """Raises `jwt.PyJWTError` when the token is not good for `/userinfo`."""
        claims = self._keys.verify(access_token, audience=self._issuer + "userinfo", issuer=self._issuer)
        return str(claims["sub"])

    def _times(self) -> dict[str, JsonValue]:
        now = int(time.time())
        return {"iat": now, "exp": now + self.lifetime}


def access_token_hash(access_token: str) -> str:
    """`at_hash` of OpenID Connect Core, section 3.2.2.9."""
    return base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()[:16]).decode().rstrip("=")

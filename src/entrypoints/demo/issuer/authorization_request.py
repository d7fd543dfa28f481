"""The parameters of `/authorize`, checked."""

import dataclasses
from collections.abc import Mapping

from entrypoints.demo.json_types import JsonObject

_IMPLICIT = (frozenset({"id_token"}), frozenset({"id_token", "token"}))


class AuthorizationError(Exception):
    """An OAuth error code with its description; the client learns of it by the redirect."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    client_id: str = ""
    redirect_uri: str = ""
    response_type: str = ""
    scope: str = "openid profile email"
    state: str | None = None
    nonce: str | None = None
    audience: str | None = None
    prompt: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "AuthorizationRequest":
        return cls(**{name: fields[name] for name in cls.__dataclass_fields__ if fields.get(name)})

    @property
    def is_implicit(self) -> bool:
        """Then what comes back travels in the fragment."""
        return "token" in self.response_type

    @property
    def wants_access_token(self) -> bool:
        return "token" in self.response_type.split()

    def check(self) -> None:
        """Raises `AuthorizationError`. Client and redirect address are checked before, by whoever has them."""
        kinds = frozenset(self.response_type.split())
        if kinds not in {frozenset({"code"}), *_IMPLICIT}:
            raise AuthorizationError("unsupported_response_type", f"not supported: {self.response_type}")
        if kinds == {"code"} and (not self.code_challenge or self.code_challenge_method != "S256"):
            raise AuthorizationError("invalid_request", "PKCE with code_challenge_method S256 is required")
        if kinds in _IMPLICIT and not self.nonce:
            raise AuthorizationError("invalid_request", "nonce is required")
        if self.prompt == "none":
            raise AuthorizationError("login_required", "there is no login to reuse")

    def fields(self) -> JsonObject:
        """The parameters as they came, for the form that asks who is logging in."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value}

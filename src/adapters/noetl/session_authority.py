from dataclasses import dataclass
from typing import TypeVar

from adapters.noetl.api_client import NoetlApi, Reply
from adapters.noetl.wire import EnvelopeReply, ValidationReply
from domain import auth_replies, lenient
from domain.errors import (
    AuthBackEndFailed,
    AuthBackEndUnavailable,
    BackEndTrouble,
    UpstreamMisbehaved,
    UpstreamTimedOut,
)
from domain.identity import LoginAttempt, Session, SessionToken
from domain.json_values import JsonObject

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoetlSessionAuthority:
    """The SessionAuthority of NoETL's synchronous API (wire 3.5). `credential` names NoETL's database access."""

    api: NoetlApi
    credential: str

    async def create(self, attempt: LoginAttempt) -> Session:
        body: JsonObject = {
            "auth0_token": attempt.auth0_token,
            "auth0_domain": attempt.auth0_domain or "",
            "auth0_refresh_token": attempt.auth0_refresh_token or "",
            "session_duration_hours": attempt.session_duration_hours,
            "client_ip": attempt.client_ip,
            "client_user_agent": attempt.client_user_agent,
            "credential": self.credential,
        }
        reply = await ask(self.api, "/api/auth/login", body, "Login (sync)")
        envelope = understood(reply, EnvelopeReply, "Login (sync)")
        return auth_replies.session_from_login(envelope.status, envelope.data)

    async def validate(self, token: SessionToken) -> Session | None:
        body: JsonObject = {"session_token": token.text, "credential": self.credential}
        reply = await ask(self.api, "/api/auth/session/validate", body, "Session validation (sync)")
        answer = understood(reply, ValidationReply, "Session validation (sync)")
        if answer.status != "ok" or answer.valid is None:
            raise AuthBackEndUnavailable("Validate session API error: the session could not be checked.")
        if lenient.flag(answer.valid) and answer.user is None:
            raise AuthBackEndUnavailable("validate_session_via_api: missing user payload")
        fields: JsonObject = {"valid": answer.valid, "user": answer.user, "expires_at": answer.expires_at}
        return auth_replies.session_from_validation(token, fields)


async def ask(api: NoetlApi, target: str, body: JsonObject, what: str) -> Reply:
    """Raises AuthBackEndUnavailable on silence, AuthBackEndFailed on everything else that is no answer."""
    try:
        reply = await api.post(target, body)
    except UpstreamTimedOut as error:
        raise AuthBackEndUnavailable(f"{what} failed: NoETL did not answer in time. Please retry.") from error
    except BackEndTrouble as error:
        raise AuthBackEndFailed(f"{what} failed: NoETL cannot be reached.") from error
    if not reply.is_success:
        raise AuthBackEndFailed(f"{what} failed: API request failed: {reply.status}")
    return reply


def understood(reply: Reply, kind: type[T], what: str) -> T:
    try:
        return reply.decoded(kind)
    except UpstreamMisbehaved as error:
        raise AuthBackEndFailed(f"{what} failed: NoETL gave an answer that is not understood.") from error

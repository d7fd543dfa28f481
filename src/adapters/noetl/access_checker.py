from dataclasses import dataclass

from adapters.noetl.api_client import NoetlApi
from adapters.noetl.session_authority import ask, understood
from adapters.noetl.wire import EnvelopeReply
from domain import auth_replies
from domain.access import AccessDecision
from domain.identity import SessionToken
from domain.json_values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class NoetlAccessChecker:
    """The AccessChecker of NoETL's synchronous API (wire 3.5)."""

    api: NoetlApi
    credential: str

    async def check(self, token: SessionToken, playbook_path: str, permission: str) -> AccessDecision:
        body: JsonObject = {
            "session_token": token.text,
            "playbook_path": playbook_path,
            "action": permission,
            "credential": self.credential,
        }
        reply = await ask(self.api, "/api/auth/check-playbook-access", body, "Check access (sync)")
        envelope = understood(reply, EnvelopeReply, "Check access (sync)")
        return auth_replies.decision_from_access_check(envelope.status, envelope.data)

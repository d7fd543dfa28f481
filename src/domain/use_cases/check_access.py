from dataclasses import dataclass, replace

from domain.access import AccessDecision
from domain.errors import GatewayError
from domain.identity import SessionToken
from domain.ports.access_checker import AccessChecker
from domain.ports.telemetry import Count, Telemetry

_NOTHING = AccessDecision(allowed=False, message="Access denied")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAccess:
    """What clients ask before they run something (wire 3.4). Raises like AccessChecker.check."""

    access: AccessChecker
    telemetry: Telemetry

    async def __call__(self, token_text: str, playbook_path: str, permission: str) -> AccessDecision:
        token = SessionToken.parse(token_text)
        if token is None:
            return _NOTHING
        # Clients say `edit`; NoETL's word is `modify` (D52).
        wanted = "modify" if permission == "edit" else permission
        try:
            decision = await self.access.check(token, playbook_path, wanted)
        except GatewayError:
            self.telemetry.count(Count.ACCESS_DECISION, "backend_error")
            raise
        self.telemetry.count(Count.ACCESS_DECISION, "allowed" if decision.allowed else "denied")
        return decision if decision.message else replace(decision, message="Access check completed")

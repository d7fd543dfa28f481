from typing import Protocol

from domain.access import AccessDecision
from domain.identity import SessionToken


class AccessChecker(Protocol):
    async def check(self, token: SessionToken, playbook_path: str, permission: str) -> AccessDecision:
        """What NoETL says about `permission` (`execute`, `view`, `modify`) on a playbook.

        Raises AuthBackEndUnavailable or AuthBackEndFailed; trouble is never reported as a decision.
        """
        ...

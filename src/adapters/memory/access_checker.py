from collections.abc import Awaitable, Callable, Iterable

from domain.access import AccessDecision
from domain.errors import GatewayError
from domain.identity import SessionToken


async def _at_once() -> None:
    return


class MemoryAccessChecker:
    """`grants`: pairs of playbook path and permission that everybody has; whoever has a token in `banned` has none.

    `thinking` is awaited before each answer. `trouble` is raised by every call while it is set.
    """

    def __init__(
        self, grants: Iterable[tuple[str, str]] = (), *, thinking: Callable[[], Awaitable[None]] = _at_once
    ) -> None:
        self.grants = set(grants)
        self.banned: set[SessionToken] = set()
        self.asked: list[tuple[str, str]] = []
        self.thinking = thinking
        self.trouble: GatewayError | None = None

    async def check(self, token: SessionToken, playbook_path: str, permission: str) -> AccessDecision:
        self.asked.append((playbook_path, permission))
        await self.thinking()
        if self.trouble is not None:
            raise self.trouble
        allowed = token not in self.banned and (playbook_path, permission) in self.grants
        message = f"Access granted to {permission} playbook" if allowed else "Access denied"
        return AccessDecision(allowed=allowed, message=message)

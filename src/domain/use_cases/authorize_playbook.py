from dataclasses import dataclass

from domain.errors import PlaybookDenied
from domain.expiring_memory import ExpiringMemory
from domain.identity import Session
from domain.ports.catalog import Catalog
from domain.single_flight import SingleFlight
from domain.use_cases.check_access import CheckAccess


@dataclass(frozen=True, slots=True)
class AccessKey:
    token: str
    playbook_path: str
    permission: str

    def __repr__(self) -> str:
        return f"AccessKey({self.playbook_path!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizePlaybook:
    """Lets pass who may run a playbook. NoETL decides, the answer is good for seconds, doubt is no (D10).

    `enforced` False leaves the question to the clients, as the original does.

    Raises:
        PlaybookDenied: NoETL says no, or the playbook cannot be named.
        AuthBackEndUnavailable, AuthBackEndFailed and the errors of Catalog: nobody can tell.
    """

    check_access: CheckAccess
    catalog: Catalog
    decisions: ExpiringMemory[AccessKey, bool]
    flights: SingleFlight[AccessKey, bool]
    enforced: bool

    def known(self, session: Session, playbook_path: str) -> bool | None:
        """The decision if it can be told without waiting."""
        if not self.enforced:
            return True
        return self.decisions.get(AccessKey(session.token.text, playbook_path, "execute"))

    async def __call__(self, session: Session, playbook_path: str) -> None:
        if not self.enforced:
            return
        key = AccessKey(session.token.text, playbook_path, "execute")
        allowed = self.decisions.get(key)
        if allowed is None:
            allowed = await self.flights.run(key, lambda: self._ask(key))
        if not allowed:
            raise PlaybookDenied

    async def by_catalog_id(self, session: Session, catalog_id: str) -> None:
        if self.enforced:
            await self._named(session, await self.catalog.path_of(catalog_id))

    async def by_execution(self, session: Session, execution_id: str) -> None:
        """May the session run again what an execution ran?"""
        if self.enforced:
            await self._named(session, await self.catalog.path_of_execution(execution_id))

    async def _named(self, session: Session, playbook_path: str | None) -> None:
        if playbook_path is None:
            raise PlaybookDenied("It cannot be told which playbook this is, so it may not be run.")
        await self(session, playbook_path)

    async def _ask(self, key: AccessKey) -> bool:
        decision = await self.check_access(key.token, key.playbook_path, key.permission)
        self.decisions.put(key, decision.allowed)
        return decision.allowed

from dataclasses import dataclass

from domain.errors import GatewayError
from domain.identity import Session
from domain.json_values import JsonValue
from domain.playbooks import checked_execution_id
from domain.ports.playbook_runner import PlaybookRunner
from domain.use_cases.authorize_playbook import AuthorizePlaybook
from domain.use_cases.execute_playbook import AwaitedRun, Started


@dataclass(frozen=True, slots=True, kw_only=True)
class RerunExecution:
    """Runs again what an execution ran, if the session may run that playbook. Raises like ExecutePlaybook."""

    authorize: AuthorizePlaybook
    runner: PlaybookRunner
    awaited: AwaitedRun

    async def __call__(
        self, session: Session, execution_id: str, workload: JsonValue, client_id: str | None
    ) -> Started:
        source = checked_execution_id(execution_id)
        await self.authorize.by_execution(session, source)
        given: JsonValue = {} if workload is None else workload
        if client_id is None:
            return Started(execution=await self.runner.rerun(source, given, session))
        return await self._for_client(session, source, given, client_id)

    async def _for_client(self, session: Session, source: str, given: JsonValue, client_id: str) -> Started:
        request, position = await self.awaited.book(session, client_id, f"rerun:{source}")
        try:
            execution = await self.runner.rerun(source, self.awaited.workload(given, request), session)
        except GatewayError:
            await self.awaited.abandon(request)
            raise
        return await self.awaited.started(request, execution, position)

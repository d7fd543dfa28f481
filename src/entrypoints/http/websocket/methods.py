"""What can be called once the client is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec

from domain.clients import ClientId, Cursor
from domain.errors import RequestMalformed
from domain.identity import Session
from domain.playbooks import ExecutionOrder, ResourceKind
from domain.use_cases.announce_started import AnnounceStarted
from domain.use_cases.execute_playbook import ExecutePlaybook, Started
from domain.use_cases.rerun_execution import RerunExecution
from entrypoints.http.websocket.json_rpc import DecodedJson


class InitializeParams(msgspec.Struct, rename="camel"):
    client_id: str | None = None
    last_event_id: str | None = None


class ExecuteParams(msgspec.Struct, rename="camel"):
    """`await_result` False: no frames are wanted, as with a null clientId in GraphQL."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    variables: DecodedJson = None
    resource_kind: str = "playbook"
    await_result: bool = True


class RerunParams(msgspec.Struct, rename="camel"):
    execution_id: str
    variables: DecodedJson = None
    await_result: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketUseCases:
    execute_playbook: ExecutePlaybook
    rerun_execution: RerunExecution
    announce_started: AnnounceStarted

    async def execute(self, session: Session, params: ExecuteParams, client_id: ClientId) -> Started:
        order = ExecutionOrder(path=params.name, workload=params.variables, resource_kind=_kind(params.resource_kind))
        return await self.execute_playbook(session, order, str(client_id) if params.await_result else None)

    async def rerun(self, session: Session, params: RerunParams, client_id: ClientId) -> Started:
        awaiting = str(client_id) if params.await_result else None
        return await self.rerun_execution(session, params.execution_id, params.variables, awaiting)


def _kind(word: str) -> ResourceKind:
    try:
        return ResourceKind(word)
    except ValueError:
        raise RequestMalformed("resourceKind must be playbook or agent.") from None


def described(started: Started, name: str | None) -> Mapping[str, str | None]:
    """The members that GraphQL's ExecuteResult has."""
    execution = started.execution
    position = None
    if started.position is not None:
        position = str(Cursor(started.position, started.client_id))
    return {
        "id": execution.execution_id,
        "executionId": execution.execution_id,
        "requestId": started.request_id,
        "name": execution.name or name,
        "status": execution.status,
        "textOutput": None,
        "position": position,
    }

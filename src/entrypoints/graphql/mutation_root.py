from typing import cast

import strawberry

from domain.json_values import JsonValue
from domain.playbooks import ExecutionOrder, ResourceKind
from entrypoints.graphql.context import RequestInfo
from entrypoints.graphql.json_scalar import JSON
from entrypoints.graphql.object_types import (
    ExecutableResourceKind,
    ExecuteResult,
    ProxyRequestInput,
    ProxyResponse,
    execute_result,
)
from entrypoints.graphql.proxy_request import call_noetl


async def _execute_playbook(
    info: RequestInfo,
    name: str,
    variables: JSON | None = strawberry.UNSET,
    resource_kind: ExecutableResourceKind | None = strawberry.UNSET,
    client_id: str | None = strawberry.UNSET,
) -> ExecuteResult:
    context = info.context
    kind = ResourceKind(resource_kind.value) if resource_kind else ResourceKind.PLAYBOOK
    order = ExecutionOrder(path=name, workload=_workload(variables), resource_kind=kind)
    started = await context.use_cases.execute_playbook(context.session, order, _given(client_id))
    context.started.append(started)
    return execute_result(started, name)


async def _rerun_execution(
    info: RequestInfo,
    execution_id: str,
    variables: JSON | None = strawberry.UNSET,
    client_id: str | None = strawberry.UNSET,
) -> ExecuteResult:
    context = info.context
    started = await context.use_cases.rerun_execution(
        context.session, execution_id, _workload(variables), _given(client_id)
    )
    context.started.append(started)
    return execute_result(started, None)


async def _proxy_request(info: RequestInfo, input: ProxyRequestInput) -> ProxyResponse:  # noqa: A002 - the wire's name
    return await call_noetl(info.context, input)


@strawberry.type
class MutationRoot:
    execute_playbook: ExecuteResult = strawberry.mutation(
        resolver=_execute_playbook,
        description="Starts a playbook or an agent; with clientId its results arrive on /events.",
    )
    rerun_execution: ExecuteResult = strawberry.mutation(
        resolver=_rerun_execution, description="Runs again what an execution ran, with other variables."
    )
    proxy_request: ProxyResponse = strawberry.mutation(resolver=_proxy_request, description="Calls the NoETL API.")


def _workload(variables: JSON | None) -> JsonValue:
    return {} if variables is None or variables is strawberry.UNSET else cast(JsonValue, variables)


def _given(text: str | None) -> str | None:
    """An empty text counts as given (wire 6)."""
    return None if text is strawberry.UNSET else text

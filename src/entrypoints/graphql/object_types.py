"""The types of the schema besides its roots (wire 6)."""

from enum import Enum

import strawberry

from domain.clients import Cursor
from domain.use_cases.execute_playbook import Started
from entrypoints.graphql.json_scalar import JSON


@strawberry.enum(description="What NoETL is to run.")
class ExecutableResourceKind(Enum):
    playbook = "playbook"
    agent = "agent"


@strawberry.type(description="A run that was started.")
class ExecuteResult:
    id: str = strawberry.field(description="The same as executionId.")
    execution_id: str = strawberry.field(description="A decimal number beyond 2^53, therefore text.")
    request_id: str | None = strawberry.field(
        description="Names the run in frames of /events; null without clientId."
    )
    name: str | None
    status: str | None
    text_output: str | None = strawberry.field(description="Always null: results arrive on /events.")
    position: str | None = strawberry.field(
        description="All frames of this run come after it: what to send as Last-Event-ID. Null without clientId."
    )


@strawberry.type(description="The answer of a NoETL API call.")
class ProxyResponse:
    success: bool = strawberry.field(description="Whether NoETL answered with a 2xx status.")
    data: JSON | None
    error: str | None


@strawberry.input(description="A NoETL API call.")
class ProxyRequestInput:
    method: str = strawberry.field(description="GET, POST, PUT, DELETE or PATCH.")
    endpoint: str = strawberry.field(description="/api/... with its query.")
    body: JSON | None = strawberry.UNSET


def execute_result(started: Started, name: str | None) -> ExecuteResult:
    """`name`: what to show when NoETL gave the run none."""
    execution = started.execution
    return ExecuteResult(
        id=execution.execution_id,
        execution_id=execution.execution_id,
        request_id=started.request_id,
        name=execution.name or name,
        status=execution.status,
        text_output=None,
        position=str(Cursor(started.position, started.client_id)) if started.position else None,
    )

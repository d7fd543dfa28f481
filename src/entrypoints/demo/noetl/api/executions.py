"""`/api/executions`: status, detail, events, list, cancel, cleanup. There is no rerun, as in the original."""

from collections.abc import Sequence
from datetime import timedelta

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.asgi.router import Route
from entrypoints.demo.json_types import JsonObject, JsonValue
from entrypoints.demo.noetl.api.bodies import integer_argument, optional_json_body, optional_text
from entrypoints.demo.noetl.api.errors import ApiError
from entrypoints.demo.noetl.api.execution_views import entry_view, events_view, status_view
from entrypoints.demo.noetl.engine import Engine
from entrypoints.demo.noetl.execution import Execution
from entrypoints.demo.noetl.faults import Faults
from entrypoints.demo.noetl.timestamps import now

_HIGHEST = 2**63 - 1


class ExecutionsApi:
    def __init__(self, engine: Engine, faults: Faults) -> None:
        self._engine = engine
        self._faults = faults

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("GET", "/api/executions", self._list),
            Route("POST", "/api/executions/cleanup", self._clean_up),
            Route("GET", "/api/executions/{id}", self._detail),
            Route("GET", "/api/executions/{id}/status", self._status),
            Route("GET", "/api/executions/{id}/events", self._events),
            Route("POST", "/api/executions/{id}/cancel", self._cancel),
        )

    async def _list(self, request: Request) -> Response:
        page = integer_argument(request, "page", 1, least=1, most=_HIGHEST)
        size = min(integer_argument(request, "page_size", 100, least=1, most=_HIGHEST), 200)
        executions = self._engine.executions()[(page - 1) * size : page * size]
        return json_response([entry_view(execution) for execution in executions])

    async def _status(self, request: Request) -> Response:
        execution = self._engine.find(request.parameters["id"])
        if execution is None:
            raise ApiError(404, "Execution not found")
        return json_response(status_view(execution, inferred=self._faults.premature_completion))

    async def _detail(self, request: Request) -> Response:
        execution = self._execution(request)
        return json_response(
            {
                **entry_view(execution),
                "events_included": True,
                "events_endpoint": f"/api/executions/{execution.execution_id}/events",
                **_events_page(execution, request),
            }
        )

    async def _events(self, request: Request) -> Response:
        execution = self._execution(request)
        head: JsonObject = {
            "execution_id": str(execution.execution_id),
            "path": execution.entry.path,
            "status": execution.state.value,
        }
        return json_response({**head, **_events_page(execution, request)})

    async def _cancel(self, request: Request) -> Response:
        execution = self._execution(request)
        body = optional_json_body(request)
        cancelled = await self._engine.cancel(
            execution,
            reason=optional_text(body, "reason", "User requested cancellation"),
            cascade=body.get("cascade") is not False,
        )
        execution_id = str(execution.execution_id)
        status = execution.events[-1]["status"]
        return json_response(
            {
                "status": "cancelled" if cancelled else "already_completed",
                "execution_id": execution_id,
                "cancelled_executions": [str(number) for number in cancelled],
                "message": f"Cancelled {len(cancelled)} execution(s)"
                if cancelled
                else f"Execution {execution_id} is already {status}",
            }
        )

    async def _clean_up(self, request: Request) -> Response:
        body = optional_json_body(request)
        minutes = body.get("older_than_minutes", 5)
        limit = now() - timedelta(minutes=minutes if isinstance(minutes, int) else 5)
        stuck = [e for e in self._engine.executions() if e.is_running and e.started_at < limit]
        dry_run = body.get("dry_run") is True
        if not dry_run:
            for execution in stuck:
                await self._engine.cancel(execution, reason="Cleanup of stuck executions", cascade=False)
        return json_response(
            {
                "cancelled_count": 0 if dry_run else len(stuck),
                "execution_ids": [str(execution.execution_id) for execution in stuck],
                "message": f"{'Would cancel' if dry_run else 'Cancelled'} {len(stuck)} stuck execution(s)",
            }
        )

    def _execution(self, request: Request) -> Execution:
        execution_id = request.parameters["id"]
        if (execution := self._engine.find(execution_id)) is None:
            raise ApiError(404, f"Execution {execution_id} not found")
        return execution


def _events_page(execution: Execution, request: Request) -> dict[str, JsonValue]:
    page = integer_argument(request, "page", 1, least=1, most=_HIGHEST)
    size = integer_argument(request, "page_size", 100, least=10, most=500)
    since = integer_argument(request, "since_event_id", 0, least=0, most=_HIGHEST)
    wanted = request.argument("event_type")
    events: Sequence[JsonObject] = [
        event
        for event in execution.events
        if wanted in {None, event["event_type"]} and int(str(event["event_id"])) > since
    ]
    return events_view(events, page=page, page_size=size)

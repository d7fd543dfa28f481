"""`POST /api/execute`."""

import asyncio
import contextlib

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.asgi.router import Route
from entrypoints.demo.json_types import JsonObject, JsonValue
from entrypoints.demo.noetl.api.bodies import json_body
from entrypoints.demo.noetl.api.errors import ApiError, invalid
from entrypoints.demo.noetl.catalog import Catalog, CatalogEntry
from entrypoints.demo.noetl.engine import Engine
from entrypoints.demo.noetl.faults import Faults

_EXECUTABLE_KINDS = frozenset({"playbook", "playbooks", "agent", "agents"})


class ExecuteApi:
    def __init__(self, catalog: Catalog, engine: Engine, faults: Faults) -> None:
        self._catalog = catalog
        self._engine = engine
        self._faults = faults

    def routes(self) -> tuple[Route, ...]:
        return (Route("POST", "/api/execute", self._execute),)

    async def _execute(self, request: Request) -> Response:
        body = json_body(request)
        entry = self._entry(body)
        workload = body.get("workload") or body.get("payload") or {}
        if not isinstance(workload, dict):
            raise invalid("dict_type", ["body", "payload"], "Input should be a valid dictionary", workload)
        await asyncio.sleep(self._faults.execute_delay)
        execution = await self._engine.start(entry, workload, _integer(body.get("parent_execution_id")))
        if self._faults.callback_before_reply:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(execution.answered.wait(), 10)
        number = execution.execution_id
        return json_response(
            {
                "execution_id": number if self._faults.integer_execution_id else str(number),
                "status": "started",
                "commands_generated": 1,
            }
        )

    def _entry(self, body: JsonObject) -> CatalogEntry:
        path, catalog_id = body.get("path"), body.get("catalog_id")
        if not path and not catalog_id:
            message = "Value error, Either 'path' or 'catalog_id' must be provided"
            raise invalid("value_error", ["body"], message, body, ctx={"error": {}})
        kind = str(body.get("resource_kind") or "playbook")
        if kind.lower() not in _EXECUTABLE_KINDS:
            raise ApiError(422, f"Catalog kind '{kind}' is not executable")
        if catalog_id:
            entry = self._catalog.find_id(_integer(catalog_id) or 0)
        else:
            entry = self._catalog.find(str(path), _integer(body.get("version")))
        if entry is None:
            raise ApiError(404, f"Executable catalog entry not found: {path or catalog_id}")
        return entry


def _integer(value: JsonValue) -> int | None:
    """Ids come as numbers or as text; anything else names nothing."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None

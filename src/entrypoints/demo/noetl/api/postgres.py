"""`POST /api/postgres/execute`, with a handful of answers and no database."""

import re

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.asgi.router import Route
from entrypoints.demo.json_types import JsonObject
from entrypoints.demo.noetl.api.bodies import json_body, optional_text
from entrypoints.demo.noetl.api.errors import ApiError
from entrypoints.demo.noetl.faults import Faults
from entrypoints.demo.noetl.timestamps import iso_text, now

_SELECT_NUMBER = re.compile(r"select\s+(-?\d{1,18})(?:\s+as\s+(\w+))?", re.IGNORECASE)


class PostgresApi:
    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def routes(self) -> tuple[Route, ...]:
        return (Route("POST", "/api/postgres/execute", self._execute),)

    async def _execute(self, request: Request) -> Response:
        query = optional_text(json_body(request), "query").strip().rstrip(";").strip()
        if not query:
            raise ApiError(400, "query or procedure is required")
        if self._faults.database_down:
            return _reply(None, "connection failed: the database is down")
        rows = _rows(query)
        return _reply(rows, None if rows else "this server only knows `select <number>` and `select now()`")


def _rows(query: str) -> list[JsonObject] | None:
    if match := _SELECT_NUMBER.fullmatch(query):
        return [{match[2] or "?column?": int(match[1])}]
    if query.lower() in {"select now()", "select current_timestamp"}:
        return [{"now": iso_text(now())}]
    return None


def _reply(rows: list[JsonObject] | None, error: str | None) -> Response:
    return json_response({"status": "error" if error else "ok", "result": rows, "error": error})

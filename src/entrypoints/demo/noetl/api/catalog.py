"""`/api/catalog`: list, agents, one resource, register."""

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.asgi.router import Route
from entrypoints.demo.noetl.api.bodies import (
    json_body,
    optional_json_body,
    optional_text,
    required_text,
)
from entrypoints.demo.noetl.api.errors import ApiError
from entrypoints.demo.noetl.catalog import Catalog
from entrypoints.demo.noetl.playbook_source import PlaybookSourceError


class CatalogApi:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("POST", "/api/catalog/list", self._list),
            Route("GET", "/api/catalog/agents/list", self._list_agents),
            Route("POST", "/api/catalog/agents/list", self._list_agents),
            Route("POST", "/api/catalog/resource", self._resource),
            Route("POST", "/api/catalog/register", self._register),
        )

    async def _list(self, request: Request) -> Response:
        return self._entries(optional_text(optional_json_body(request), "resource_type"))

    async def _list_agents(self, _: Request) -> Response:
        return self._entries("agent")

    def _entries(self, kind: str) -> Response:
        return json_response({"entries": [entry.view() for entry in self._catalog.entries(kind)]})

    async def _resource(self, request: Request) -> Response:
        body = json_body(request)
        version = str(body.get("version") or "latest")
        catalog_id = str(body.get("catalog_id") or "")
        if catalog_id.isdecimal():
            entry = self._catalog.find_id(int(catalog_id))
        else:
            entry = self._catalog.find(required_text(body, "path"), int(version) if version.isdecimal() else None)
        if entry is None:
            raise ApiError(404, "Catalog entry not found")
        return json_response(entry.view())

    async def _register(self, request: Request) -> Response:
        body = json_body(request)
        try:
            entry = self._catalog.register(required_text(body, "content"))
        except PlaybookSourceError as exc:
            raise ApiError(500, f"Error registering resource: {exc}.") from exc
        return json_response(
            {
                "status": "success",
                "message": f"Resource '{entry.path}' version '{entry.version}' registered.",
                "path": entry.path,
                "version": entry.version,
                "catalog_id": str(entry.catalog_id),
                "kind": entry.playbook.kind,
            }
        )

from dataclasses import dataclass
from urllib.parse import quote

from adapters.noetl.api_client import NoetlApi, Reply
from adapters.noetl.wire import CatalogReply
from domain.errors import UpstreamMisbehaved


@dataclass(frozen=True, slots=True)
class NoetlCatalog:
    api: NoetlApi

    async def path_of(self, catalog_id: str) -> str | None:
        return _path(await self.api.post("/api/catalog/resource", {"catalog_id": catalog_id}))

    async def path_of_execution(self, execution_id: str) -> str | None:
        # Fewer than ten events to a page are refused.
        return _path(await self.api.get(f"/api/executions/{quote(execution_id, safe='')}?page_size=10"))


def _path(reply: Reply) -> str | None:
    if reply.status >= 500:
        raise UpstreamMisbehaved("NoETL could not say which playbook this is.")
    return reply.decoded(CatalogReply).path if reply.is_success else None

from collections.abc import Mapping

from domain.errors import GatewayError


class MemoryCatalog:
    """`trouble` is raised by every call while it is set."""

    def __init__(
        self, paths: Mapping[str, str] | None = None, execution_paths: Mapping[str, str] | None = None
    ) -> None:
        self.paths = dict(paths or {})
        self.execution_paths = dict(execution_paths or {})
        self.trouble: GatewayError | None = None

    async def path_of(self, catalog_id: str) -> str | None:
        self._check()
        return self.paths.get(catalog_id)

    async def path_of_execution(self, execution_id: str) -> str | None:
        self._check()
        return self.execution_paths.get(execution_id)

    def _check(self) -> None:
        if self.trouble is not None:
            raise self.trouble

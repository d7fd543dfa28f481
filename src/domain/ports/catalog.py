from typing import Protocol


class Catalog(Protocol):
    async def path_of(self, catalog_id: str) -> str | None:
        """The path of a catalog entry, None if there is none.

        Raises UpstreamUnreachable, UpstreamTimedOut or UpstreamMisbehaved.
        """
        ...

    async def path_of_execution(self, execution_id: str) -> str | None:
        """The path of the playbook that an execution runs, None if it is not known. Raises like `path_of`."""
        ...

from typing import Protocol


class Dependency(Protocol):
    """Something that the gateway cannot do without."""

    @property
    def name(self) -> str: ...

    def trouble(self) -> str | None:
        """What is wrong right now, for an operator, without secrets; None when all is well. Does not wait."""
        ...

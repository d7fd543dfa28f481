class MemoryHealth:
    """A dependency that is as well as it is told to be."""

    def __init__(self, name: str, problem: str | None = None) -> None:
        self.name = name
        self.problem = problem

    def trouble(self) -> str | None:
        return self.problem

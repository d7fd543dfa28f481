class SettingsInvalid(Exception):
    """`problems`: one sentence for each mistake, naming the variable or key, never a value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems

"""Which environment variables a setting has always had, and its meaning for the generated tables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variables:
    """`names`: the first that is set wins. `meaning`: one line for the reference."""

    meaning: str
    names: tuple[str, ...] = ()


def variables(meaning: str, *names: str) -> Variables:
    return Variables(meaning, names)

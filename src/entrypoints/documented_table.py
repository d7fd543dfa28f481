"""Tables in the documents that the code writes, so that they cannot say anything else than it does."""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedTable:
    """Stands in each of `files` between `<!-- name:begin -->` and `<!-- name:end -->`. `rows`: cells in Markdown."""

    name: str
    files: tuple[str, ...]
    head: tuple[str, ...]
    rows: Callable[[], Iterable[Sequence[str]]]

    @property
    def begin(self) -> str:
        return f"<!-- {self.name}:begin -->"

    @property
    def end(self) -> str:
        return f"<!-- {self.name}:end -->"

    def markdown(self) -> str:
        rows = [self.head, ("---",) * len(self.head), *self.rows()]
        return "".join(f"| {' | '.join(row)} |\n" for row in rows)

    def embedded(self, text: str) -> str:
        """`text` with the table between its markers, unchanged if it has none."""
        marked = f"{re.escape(self.begin)}.*?{re.escape(self.end)}"
        return re.sub(marked, lambda _: f"{self.begin}\n{self.markdown()}{self.end}", text, flags=re.DOTALL)

    def run(self, module: str, arguments: Sequence[str] | None = None) -> int:
        """The command line of `module`: prints the table, or writes it into those files that are there."""
        parser = argparse.ArgumentParser(
            prog=f"python -m {module}", description=f"Print the table of all {self.name}."
        )
        parser.add_argument(
            "--write", action="store_true", help=f"rewrite the table in {' and '.join(self.files)}, below here"
        )
        if not parser.parse_args(arguments).write:
            sys.stdout.write(self.markdown())
            return 0
        for path in map(Path, self.files):
            if path.exists():
                path.write_text(self.embedded(path.read_text(encoding="utf-8")), encoding="utf-8")
        return 0

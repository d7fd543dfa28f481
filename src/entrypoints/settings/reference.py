"""The table of all settings, as README.md and docs/configuration.md show it.

`python -m entrypoints.settings.reference` prints it, `--write` puts it between the markers of both files.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from entrypoints.settings.loading import fields

BEGIN = "<!-- settings:begin -->"
END = "<!-- settings:end -->"
FILES = ("README.md", "docs/configuration.md")
_MARKED = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)


def table() -> str:
    """Markdown: one row for each setting, in the order of the sections."""
    rows = [("Setting", "Environment", "Default", "Meaning"), ("---",) * 4]
    for section, key, field, known in fields():
        name = f"{section}.{key}" if section else key
        names = ", ".join(_code(variable) for variable in known.names) or "file only"
        rows.append((_code(name), names, _shown(field), known.meaning.replace("|", "\\|")))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _shown(field: FieldInfo) -> str:
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple):
        return ", ".join(_code(str(part)) for part in value)
    if isinstance(value, bool):
        return _code(str(value).lower())
    return _code(str(value.value if isinstance(value, Enum) else value))


def _code(text: str) -> str:
    return f"`{text}`"


def embedded(text: str) -> str:
    """`text` with the table between its markers, unchanged if it has none."""
    return _MARKED.sub(lambda _: f"{BEGIN}\n{table()}{END}", text)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m entrypoints.settings.reference", description=__doc__)
    parser.add_argument(
        "--write", action="store_true", help=f"rewrite the table in {' and '.join(FILES)}, below here"
    )
    if not parser.parse_args(arguments).write:
        sys.stdout.write(table())
        return 0
    for path in map(Path, FILES):
        if path.exists():
            path.write_text(embedded(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

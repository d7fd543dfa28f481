"""The table of all settings, as README.md and docs/configuration.md show it.

`python -m entrypoints.settings.reference` prints it, `--write` puts it between the markers of both files.
"""

import sys
from collections.abc import Iterator
from enum import Enum

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from entrypoints.documented_table import DocumentedTable
from entrypoints.settings.loading import fields


def _rows() -> Iterator[tuple[str, ...]]:
    """One for each setting, in the order of the sections."""
    for section, key, field, known in fields():
        name = f"{section}.{key}" if section else key
        names = ", ".join(_code(variable) for variable in known.names) or "file only"
        yield _code(name), names, _shown(field), known.meaning.replace("|", "\\|")


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


TABLE = DocumentedTable(
    name="settings",
    files=("README.md", "docs/configuration.md"),
    head=("Setting", "Environment", "Default", "Meaning"),
    rows=_rows,
)

if __name__ == "__main__":
    sys.exit(TABLE.run("entrypoints.settings.reference"))

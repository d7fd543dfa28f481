"""JSON as the domain sees it: values that it looks into, and text that it passes on untouched."""

from collections.abc import Mapping, Sequence
from typing import NewType, TypeAlias

JsonValue: TypeAlias = "None | bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue]"
JsonObject: TypeAlias = Mapping[str, JsonValue]

RawJson = NewType("RawJson", bytes)
"""UTF-8 JSON text on one line, handed on byte for byte: ids beyond 2^53 and number spellings survive."""

NULL = RawJson(b"null")

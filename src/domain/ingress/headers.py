"""The headers of a delivery as its verification and its playbook see them (wire 9.3)."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

HeaderMap: TypeAlias = Mapping[str, "str | list[str]"]
"""By lower-case name: the value, or all values in order where the header is repeated."""

_VISIBLE = re.compile(rb"[\t\x20-\x7e]*")


def header_map(raw: Iterable[tuple[bytes, bytes]]) -> HeaderMap:
    """Values with anything but visible ASCII, blanks and tabs are dropped, as if they had not been sent."""
    values: dict[str, list[str]] = {}
    for name, value in raw:
        if _VISIBLE.fullmatch(value) and name.isascii():
            values.setdefault(name.decode("ascii").lower(), []).append(value.decode("ascii"))
    return {name: each[0] if len(each) == 1 else each for name, each in values.items()}


def first_value(headers: HeaderMap, name: str) -> str | None:
    """`name` in lower case. The first value counts wherever one is read: what was verified is what is used (D54)."""
    value = headers.get(name)
    return value[0] if isinstance(value, list) else value


def without(headers: HeaderMap, names: Collection[str]) -> HeaderMap:
    return {name: value for name, value in headers.items() if name not in names}

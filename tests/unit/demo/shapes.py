"""The structure of JSON: its keys and types, without its values."""

from typing import Any


def shape(value: Any) -> Any:
    """Comparable with ==. A list has the shape of its first element, and an empty one fits any list."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return AnyList() if not value else ListOf(shape(value[0]))
    return type(value).__name__


class AnyList:
    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnyList | ListOf)

    def __repr__(self) -> str:
        return "[]"

    __hash__ = None  # type: ignore[assignment]


class ListOf:
    def __init__(self, element: Any) -> None:
        self.element = element

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnyList) or (isinstance(other, ListOf) and other.element == self.element)

    def __repr__(self) -> str:
        return f"[{self.element}]"

    __hash__ = None  # type: ignore[assignment]

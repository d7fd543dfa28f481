"""What a JSON value looks like, apart from what it says."""

from collections.abc import Mapping


def shape(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value).__name__

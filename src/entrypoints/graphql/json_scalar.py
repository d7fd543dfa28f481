"""The scalar `JSON`: any JSON value, as a variable or written inline (wire 6)."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NewType

import strawberry
from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)
from strawberry.types.scalar import ScalarDefinition

from domain.json_values import JsonValue

JSON = NewType("JSON", object)
"""As an argument a JsonValue; as a result a JsonValue or msgspec.Raw, which is passed on byte for byte."""

Variables = Mapping[str, Any]


def json_scalar() -> ScalarDefinition:
    return strawberry.scalar(
        name="JSON",
        description="Any JSON value: an object, a list, a string, a number of any size, true, false or null.",
        serialize=_unchanged,
        parse_value=_unchanged,
        parse_literal=literal_to_json,
    )


def literal_to_json(node: ValueNode, variables: Variables | None = None) -> JsonValue:
    """`{a: [1, $x], b: word}` as JSON: integers keep every digit, enum values become strings.

    A variable that was not given leaves its member out, and is null as an item of a list.
    Raises GraphQLError for numbers that JSON readers could not hold.
    """
    return _READERS[type(node)](node, variables or {})


def _unchanged(value: Any) -> Any:
    return value


def _object(node: ObjectValueNode, variables: Variables) -> JsonValue:
    return {
        field.name.value: literal_to_json(field.value, variables)
        for field in node.fields
        if not isinstance(field.value, VariableNode) or field.value.name.value in variables
    }


def _list(node: ListValueNode, variables: Variables) -> JsonValue:
    return [literal_to_json(item, variables) for item in node.values]


def _variable(node: VariableNode, variables: Variables) -> JsonValue:
    value: JsonValue = variables.get(node.name.value)
    return value


def _plain(node: StringValueNode | BooleanValueNode | EnumValueNode, _variables: Variables) -> JsonValue:
    return node.value


def _null(_node: NullValueNode, _variables: Variables) -> JsonValue:
    return None


def _integer(node: IntValueNode, _variables: Variables) -> JsonValue:
    try:
        return int(node.value)
    except ValueError as error:
        raise GraphQLError("This integer has too many digits.", node) from error


def _float(node: FloatValueNode, _variables: Variables) -> JsonValue:
    number = float(node.value)
    if not math.isfinite(number):
        raise GraphQLError("This number is out of range.", node)
    return number


_READERS: Mapping[type[ValueNode], Callable[[Any, Variables], JsonValue]] = {
    ObjectValueNode: _object,
    ListValueNode: _list,
    VariableNode: _variable,
    StringValueNode: _plain,
    BooleanValueNode: _plain,
    EnumValueNode: _plain,
    NullValueNode: _null,
    IntValueNode: _integer,
    FloatValueNode: _float,
}

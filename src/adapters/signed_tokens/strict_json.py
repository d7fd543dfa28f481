from collections.abc import Mapping

from domain.json_values import JsonObject
from domain.strict_json import strict_value


def decode_json_object(data: bytes) -> JsonObject:
    """Raises ValueError for anything but one UTF-8 JSON object without repeated names, NaN or Infinity.

    The error quotes nothing of the data, and neither does its cause.
    """
    value = strict_value(data)
    if not isinstance(value, Mapping):
        raise ValueError("not a JSON object")
    return value

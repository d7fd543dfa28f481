"""W3C trace context, taken from a message for the execution that it starts (wire 9.4)."""

import re
from collections.abc import Callable, Collection

from domain.json_values import JsonObject, JsonValue

_TRACEPARENT = re.compile(r"[0-9a-fA-F]{2}-[0-9a-fA-F]{32}-[0-9a-fA-F]{16}-[0-9a-fA-F]{2}", re.ASCII)


def trace_context(read: Callable[[str], str | None], baggage_allowlist: Collection[str]) -> JsonObject | None:
    """`read` gives the value of a header. None when there is nothing to pass on."""
    trace: dict[str, JsonValue] = {}
    traceparent, tracestate = read("traceparent"), read("tracestate")
    if traceparent is not None and _TRACEPARENT.fullmatch(traceparent):
        trace["traceparent"] = traceparent
    if tracestate is not None:
        trace["tracestate"] = tracestate
    baggage = _baggage(read("baggage") or "", baggage_allowlist)
    if baggage:
        trace["baggage"] = baggage
    return trace or None


def _baggage(header: str, allowlist: Collection[str]) -> JsonObject:
    """The listed items of `key=value;properties,...`, without their properties."""
    items = (item.partition("=") for item in header.split(","))
    named = ((key.strip(), value.split(";", 1)[0].strip()) for key, equals, value in items if equals)
    return {key: value for key, value in named if key in allowlist}

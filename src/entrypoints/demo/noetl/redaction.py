"""NoETL shows workloads in its status and events, with the secrets blacked out."""

from entrypoints.demo.json_types import JsonObject, JsonValue

_SECRET_WORDS = ("token", "password", "secret")


def redacted(workload: JsonObject) -> dict[str, JsonValue]:
    return {
        name: "[REDACTED]" if value and any(word in name for word in _SECRET_WORDS) else value
        for name, value in workload.items()
    }

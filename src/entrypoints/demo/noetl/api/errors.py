"""Errors as FastAPI words them: NoETL's clients see these bodies."""

from entrypoints.demo.json_types import JsonObject, JsonValue


class ApiError(Exception):
    """Answered as `{"detail": ...}`."""

    def __init__(self, status: int, detail: JsonValue) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail


def invalid(kind: str, location: list[JsonValue], message: str, value: JsonValue, **rest: JsonValue) -> ApiError:
    """A 422 with one entry in its list of problems; `rest` is further members of the entry."""
    problem: JsonObject = {"type": kind, "loc": location, "msg": message, "input": value, **rest}
    return ApiError(422, [problem])


def missing_field(name: str, body: JsonValue) -> ApiError:
    return invalid("missing", ["body", name], "Field required", body)

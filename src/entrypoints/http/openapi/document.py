"""The document that the operations make."""

import msgspec

from domain.version import __version__
from entrypoints.http.errors import STATUS
from entrypoints.http.openapi.operation import Answer, ErrorReply, Operation
from entrypoints.http.openapi.operations import OPERATIONS

_SECURITY: dict[str, object] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A session token"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Session-Token"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session_token"},
}


_DESCRIPTION = """The front door of NoETL: sessions, playbooks, agents, its API and live results.

Errors are `{"error": "..."}` or a sentence in plain text; the header `X-Error-Code` names the kind and stays.
Before any route: 400 for a malformed request, 408 for one that does not arrive in time, 421 for a host that is not
served, 431 for too many headers. A path that is not listed is 404, another method of one that is 405.
"""


def openapi_document() -> dict[str, object]:
    """OpenAPI 3.1."""
    kinds = _kinds()
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    of_kind = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, object]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, of_kind)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "NoETL Gateway",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY, "headers": {"XErrorCode": _error_code()}},
    }


def _error_code() -> dict[str, object]:
    codes = sorted({kind.code for kind in STATUS})
    return {"description": "The kind of error", "schema": {"type": "string", "examples": codes}}


def _kinds() -> list[type]:
    kinds: dict[type, None] = {ErrorReply: None}
    for operation in OPERATIONS:
        if operation.body is not None:
            kinds[operation.body] = None
        kinds.update((answer.kind, None) for answer in operation.answers.values() if answer.kind is not None)
    return list(kinds)


def _operation(operation: Operation, of_kind: dict[type, dict[str, object]]) -> dict[str, object]:
    name = operation.path.strip("/").replace("{", "").replace("}", "").replace("/", "_").replace("-", "_")
    responses = {
        str(status): _response(status, answer, of_kind) for status, answer in sorted(operation.answers.items())
    }
    if operation.otherwise is not None:
        responses["default"] = _response(0, operation.otherwise, of_kind)
    described: dict[str, object] = {
        "operationId": f"{operation.method}_{name}",
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": responses,
    }
    if operation.needs_session:
        described["security"] = [{name: []} for name in _SECURITY]
    if operation.parameters:
        described["parameters"] = [
            {"name": name, "in": where, "required": required, "description": meaning, "schema": {"type": "string"}}
            for name, (where, required, meaning) in operation.parameters.items()
        ]
    if operation.body is not None:
        content = {"application/json": {"schema": of_kind[operation.body]}}
        described["requestBody"] = {"required": True, "content": content}
    elif operation.any_body:
        described["requestBody"] = {"content": {"application/json": {"schema": {}}}}
    return described


def _response(status: int, answer: Answer, of_kind: dict[type, dict[str, object]]) -> dict[str, object]:
    described: dict[str, object] = {"description": answer.meaning}
    if status >= 400:
        described["headers"] = {"X-Error-Code": {"$ref": "#/components/headers/XErrorCode"}}
    if answer.media_type is not None:
        schema: dict[str, object] = of_kind[answer.kind] if answer.kind is not None else {}
        described["content"] = {answer.media_type: {"schema": schema}}
    return described

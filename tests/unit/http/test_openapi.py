import json

import pytest

from entrypoints.app import create_app
from entrypoints.container import Container
from entrypoints.http.dispatcher import Dispatcher
from entrypoints.http.errors import STATUS
from entrypoints.http.openapi.document import openapi_document
from entrypoints.http.proxy.app import PREFIX
from entrypoints.settings.loading import load

_METHODS = {"get", "post", "put", "delete", "patch"}


@pytest.fixture(scope="module")
def dispatcher() -> Dispatcher:
    settings = load({"GATEWAY_BIND": "127.0.0.1", "GATEWAY_UI": "true"})
    served = create_app(Container(settings=settings)).public._app
    assert isinstance(served, Dispatcher)
    return served


@pytest.fixture(scope="module")
def paths() -> dict[str, dict[str, dict[str, object]]]:
    read: dict[str, dict[str, dict[str, dict[str, object]]]] = json.loads(json.dumps(openapi_document()))
    return read["paths"]


def test_the_document_describes_every_route_of_the_framework_with_its_methods(
    dispatcher: Dispatcher, paths: dict[str, dict[str, object]]
) -> None:
    for path, methods in dispatcher.framework.items():
        assert set(paths[path]) & _METHODS == {method.lower() for method in methods} - {"head"}, path


def test_the_document_describes_every_path_that_is_served_below_the_framework(
    dispatcher: Dispatcher, paths: dict[str, object]
) -> None:
    assert set(dispatcher.exact) <= set(paths)
    assert {"/events", "/api/events/poll", "/ws", "/graphql"} <= set(dispatcher.exact)


def test_the_document_describes_every_tree_of_paths(dispatcher: Dispatcher, paths: dict[str, object]) -> None:
    trees = {prefix for prefix, _ in dispatcher.prefixes} | {PREFIX.decode()}
    assert trees == {path.partition("{")[0] for path in paths if "{" in path}


def test_the_document_describes_nothing_that_is_not_served(dispatcher: Dispatcher, paths: dict[str, object]) -> None:
    plain = {path for path in paths if "{" not in path}
    assert plain == set(dispatcher.framework) | set(dispatcher.exact)


def test_every_status_of_the_error_table_is_in_the_document(
    paths: dict[str, dict[str, dict[str, dict[str, object]]]],
) -> None:
    described = {status for methods in paths.values() for one in methods.values() for status in one["responses"]}
    assert {str(status) for status in STATUS.values()} <= described


def test_every_error_code_is_named_in_the_document() -> None:
    text = json.dumps(openapi_document())
    for error in STATUS:
        assert f'"{error.code}"' in text


def test_operation_ids_are_unique(paths: dict[str, dict[str, dict[str, object]]]) -> None:
    ids = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(ids) == len(set(ids))


def test_every_reference_in_the_document_leads_somewhere() -> None:
    document = json.loads(json.dumps(openapi_document()))
    for reference in _references(document):
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for inner in value.values() for found in _references(inner)]
    return [found for inner in value for found in _references(inner)] if isinstance(value, list) else []

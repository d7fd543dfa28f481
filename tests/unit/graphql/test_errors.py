import logging
from collections.abc import Iterator

import pytest
from tests.unit.graphql.fakes import Client, FakeNoetl, refused_with

from domain import errors

RUN = 'mutation { executePlaybook(name: "p") { id } }'


def leaves(family: type[errors.GatewayError] = errors.GatewayError) -> Iterator[type[errors.GatewayError]]:
    if not family.__subclasses__():
        yield family
    for child in family.__subclasses__():
        yield from leaves(child)


@pytest.mark.parametrize("error", list(leaves()), ids=lambda error: error.code)
async def test_every_gateway_error_shows_its_sentence_and_code(error: type[errors.GatewayError]) -> None:
    answer = await Client(noetl=refused_with(error())).run(RUN)
    assert answer.status == 200
    assert answer.json == {
        "data": None,
        "errors": [
            {
                "message": str(error()),
                "locations": [{"line": 1, "column": 12}],
                "path": ["executePlaybook"],
                "extensions": {"code": error.code},
            }
        ],
    }


async def test_what_nobody_foresaw_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    client = Client(noetl=FakeNoetl(failure=RuntimeError("secret detail")))
    with caplog.at_level(logging.ERROR):
        answer = await client.run(RUN)
    assert answer.status == 200
    assert answer.codes == ["unexpected"]
    assert b"secret detail" not in answer.body
    assert caplog.records[0].exc_info is not None
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", None),
        ("", None),
        ("{ nothing }", None),
        ("subscription { health }", None),
        ("mutation { executePlaybook { id } }", None),
        ("mutation { executePlaybook(name: 1) { id } }", None),
        ('mutation { executePlaybook(name: "p", resourceKind: PLAYBOOK) { id } }', None),
        ("query A { health } query B { health }", None),
        ("query ($id: ID!) { __typename }", {"id": None}),
        ("mutation ($n: String!) { executePlaybook(name: $n) { id } }", {"n": 7}),
    ],
)
async def test_mistakes_in_a_request_run_nothing(query: str, variables: dict[str, object] | None) -> None:
    client = Client()
    as_json = await client.run(query, b"application/json", variables=variables)
    assert as_json.status == 200
    assert as_json.json["data"] is None
    as_response = await client.run(query, b"application/graphql-response+json", variables=variables)
    assert as_response.status == 400
    assert "data" not in as_response.json
    assert as_json.json["errors"] == as_response.json["errors"] != []
    assert client.noetl.orders == []


async def test_an_executed_operation_is_a_success_of_http_whatever_became_of_it() -> None:
    answer = await Client(noetl=refused_with(errors.PlaybookDenied())).run(RUN, b"application/graphql-response+json")
    assert answer.status == 200
    assert answer.json["data"] is None


async def test_errors_name_the_place_in_the_document() -> None:
    answer = await Client().run("{\n  health\n  nothing\n}")
    assert answer.json["errors"][0]["locations"] == [{"line": 3, "column": 3}]

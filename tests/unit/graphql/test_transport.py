from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from tests.unit.graphql.fakes import EXECUTION_ID, JSON_HEADERS, Client

from entrypoints.http.asgi import Message

HEALTH = b'{"query": "{ health }"}'
MUTATION = 'mutation { executePlaybook(name: "p") { id } }'


def query_string(**members: str) -> bytes:
    return urlencode(members).encode()


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json",
        b"application/json; charset=utf-8",
        b"Application/JSON;charset=UTF-8",
        b'application/json; charset="utf-8"',
        b"application/graphql+json",
    ],
)
async def test_json_in_utf8_is_taken(content_type: bytes) -> None:
    answer = await Client().send("POST", HEALTH, [(b"content-type", content_type)])
    assert (answer.status, answer.json) == (200, {"data": {"health": "ok"}})


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        b"",
        b"text/plain",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=x",
        b"application/graphql",
        b"application/json; charset=iso-8859-1",
        b"application/json; charset=utf-16",
        b"\xff",
    ],
)
async def test_anything_else_is_415(content_type: bytes | None) -> None:
    headers = [] if content_type is None else [(b"content-type", content_type)]
    answer = await Client().send("POST", HEALTH, headers)
    assert answer.status == 415
    assert answer.codes == ["unsupported_media_type"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{ "not a JSON',
        b"null",
        b"7",
        b'"{ health }"',
        b"{}",
        b'{"qeury": "{ health }"}',
        b'{"query": null}',
        b'{"query": ["a"]}',
        b'{"query": "{ health }", "operationName": 7}',
        b'{"query": "{ health }", "variables": []}',
        b'{"query": "{ health }", "variables": "{}"}',
        b'{"query": "{ health }", "extensions": 1}',
        b"[]",
        b"[1]",
        b'[{"query": "{ health }"}, {}]',
        b'{"query": "{ health }\xff"}',
        b'{"query": "{ health }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ health }", "variables": {"a": 1e999}}',
        b"\xef\xbb\xbf" + HEALTH,
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize("accept", [b"application/json", b"application/graphql-response+json"])
async def test_malformed_requests_are_400_in_either_media_type(body: bytes, accept: bytes) -> None:
    answer = await Client().send("POST", body, (*JSON_HEADERS, (b"accept", accept)))
    assert answer.status == 400
    assert answer.codes == ["request_malformed"]
    assert answer.headers[b"content-type"].startswith(accept)


@pytest.mark.parametrize("member", ["operationName", "variables", "extensions"])
async def test_null_members_count_as_absent(member: str) -> None:
    answer = await Client().post({"query": "{ health }", member: None})
    assert answer.json == {"data": {"health": "ok"}}


async def test_unknown_members_and_extensions_are_ignored() -> None:
    answer = await Client().run("{ health }", extensions={"a": [1]}, trace="yes")
    assert answer.json == {"data": {"health": "ok"}}


async def test_the_operation_of_the_given_name_is_run() -> None:
    answer = await Client().run("query A { health } query B { version }", operationName="A")
    assert answer.json == {"data": {"health": "ok"}}


async def test_text_beyond_ascii_survives() -> None:
    client = Client()
    answer = await client.run('mutation { executePlaybook(name: "Läufer🏃") { name } }')
    assert "Läufer🏃".encode() in answer.body


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_413(announced: bool) -> None:
    client = Client(body_limit=100)
    body = msgspec.json.encode({"query": "{ health }", "extensions": {"x": "y" * 100}})
    headers = [*JSON_HEADERS, (b"content-length", str(len(body)).encode())] if announced else JSON_HEADERS
    answer = await client.send("POST", body, headers)
    assert answer.status == 413
    assert answer.codes == ["body_too_large"]


async def test_a_body_may_be_as_long_as_the_limit_and_come_in_pieces() -> None:
    client = Client(body_limit=len(HEALTH))
    chunks = [
        {"type": "http.request", "body": HEALTH[:5], "more_body": True},
        {"type": "http.request", "body": HEALTH[5:], "more_body": False},
    ]
    assert (await client.send("POST", headers=JSON_HEADERS, chunks=chunks)).status == 200


async def test_a_client_that_leaves_before_its_request_was_complete_gets_nothing() -> None:
    client = Client()
    chunks: list[Message] = [
        {"type": "http.request", "body": b'{"query": "mutation', "more_body": True},
        {"type": "http.disconnect"},
    ]
    await client.send("POST", headers=JSON_HEADERS, chunks=chunks)
    assert client.noetl.happened == []


async def test_get_executes_queries() -> None:
    query = query_string(
        query='query Q($n: String! = "QueryRoot") { __type(name: $n) { name } }',
        variables='{"n": "MutationRoot"}',
        operationName="Q",
        extensions="{}",
    )
    answer = await Client().get(query)
    assert answer.status == 200
    assert answer.json == {"data": {"__type": {"name": "MutationRoot"}}}


@pytest.mark.parametrize("more", [{}, {"variables": ""}, {"variables": "null"}, {"operationName": ""}])
async def test_empty_parameters_of_get_count_as_absent(more: dict[str, str]) -> None:
    answer = await Client().get(query_string(query="{ health }", **more))
    assert answer.json == {"data": {"health": "ok"}}


@pytest.mark.parametrize("accept", [b"application/json", b"application/graphql-response+json", b"*/*"])
async def test_get_runs_no_mutation(accept: bytes) -> None:
    client = Client()
    answer = await client.get(query_string(query=MUTATION), accept)
    assert answer.status == 405
    assert answer.headers[b"allow"] == b"POST"
    assert answer.codes == ["method_not_allowed"]
    assert client.noetl.orders == []


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"variables={}",
        b"query=%ff",
        b"query={health}&query={version}",
        b"query={health}&variables=[]",
        b"query={health}&variables={",
        b"query={health}&extensions=7",
        b"query=\xff",
        b"&".join(b"a%d=1" % n for n in range(60)),
    ],
)
async def test_malformed_get_requests_are_400(query: bytes) -> None:
    answer = await Client().get(query)
    assert answer.status == 400
    assert answer.codes == ["request_malformed"]


async def test_head_is_answered_like_get() -> None:
    answer = await Client().get(query_string(query="{ health }"), method="HEAD")
    assert answer.status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
async def test_other_methods_are_405(method: str) -> None:
    answer = await Client().send(method, HEALTH, JSON_HEADERS)
    assert answer.status == 405
    assert answer.headers[b"allow"] == b"GET, HEAD, POST"
    assert answer.codes == ["method_not_allowed"]


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (b"", b"application/json; charset=utf-8"),
        (b"*/*", b"application/json; charset=utf-8"),
        (b"application/*", b"application/json; charset=utf-8"),
        (b"text/html", b"application/json; charset=utf-8"),
        (b"image/png", b"application/json; charset=utf-8"),
        (b"application/json", b"application/json; charset=utf-8"),
        (b"application/graphql-response+json", b"application/graphql-response+json; charset=utf-8"),
        (b"APPLICATION/GraphQL-Response+JSON", b"application/graphql-response+json; charset=utf-8"),
        (
            b"application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
            b"application/graphql-response+json; charset=utf-8",
        ),
        (b"application/json, application/graphql-response+json", b"application/json; charset=utf-8"),
        (
            b"application/json;q=0.5, application/graphql-response+json",
            b"application/graphql-response+json; charset=utf-8",
        ),
        (b"application/graphql-response+json;q=0.4, */*", b"application/json; charset=utf-8"),
        (b"application/json;q=0, */*", b"application/graphql-response+json; charset=utf-8"),
        (b"application/json;q=high", b"application/json; charset=utf-8"),
        (b";;,,=;q", b"application/json; charset=utf-8"),
    ],
)
async def test_the_media_type_is_the_one_that_the_client_wants_most(accept: bytes, chosen: bytes) -> None:
    answer = await Client().run("{ health }", accept)
    assert answer.headers[b"content-type"] == chosen


async def test_several_accept_headers_count_as_one() -> None:
    headers = (
        *JSON_HEADERS,
        (b"accept", b"application/json;q=0.1"),
        (b"accept", b"application/graphql-response+json"),
    )
    answer = await Client().send("POST", HEALTH, headers)
    assert answer.headers[b"content-type"].startswith(b"application/graphql-response+json")


async def test_answers_are_not_stored_on_the_way() -> None:
    answer = await Client().get(query_string(query="{ health }"))
    assert answer.headers[b"cache-control"] == b"no-store"
    assert answer.headers[b"x-content-type-options"] == b"nosniff"
    assert answer.headers[b"content-length"] == str(len(answer.body)).encode()


async def test_a_mutation_by_post_runs() -> None:
    answer: Any = (await Client().run(MUTATION)).json
    assert answer == {"data": {"executePlaybook": {"id": EXECUTION_ID}}}

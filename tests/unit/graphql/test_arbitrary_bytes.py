from urllib.parse import urlencode

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.graphql.fakes import Answer, Client

names = st.sampled_from([b"content-type", b"accept", b"content-length", b"x-other"])
header_values = st.binary(max_size=40) | st.sampled_from(
    [b"application/json", b"application/graphql-response+json", b"text/html", b"*/*;q=0.1", b"12"]
)
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "BREW"])
VOCABULARY = """
{ } ( ) [ ] : @skip(if:true) ... # $v :JSON mutation query executePlaybook name:"p" variables: on QueryRoot fragment
...F F health __schema __type(name:"JSON") \\ \" 0 1e999 -1
"""
words = st.sampled_from([*VOCABULARY.split(), "\U0001f3c3", "\0", "\n", "9" * 5000])
documents = st.text(max_size=60) | st.lists(words, max_size=30).map(" ".join)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
requests = st.fixed_dictionaries(
    {"query": documents}, optional={"variables": json_values, "operationName": json_values, "extensions": json_values}
)


def assert_sane(answer: Answer) -> None:
    assert 200 <= answer.status < 500
    if answer.headers[b"content-type"].startswith(b"text/html"):
        return
    assert msgspec.json.decode(answer.body)
    assert b"unexpected" not in answer.body


@given(
    methods, st.binary(max_size=200), st.lists(st.tuples(names, header_values), max_size=4), st.binary(max_size=60)
)
async def test_no_bytes_make_the_view_fail(
    method: str, body: bytes, headers: list[tuple[bytes, bytes]], query_string: bytes
) -> None:
    assert_sane(await Client().send(method, body, headers, query_string))


@given(requests | st.lists(requests, max_size=3))
async def test_no_request_makes_the_view_fail(content: object) -> None:
    assert_sane(await Client().post(content))


@given(documents.filter(str.isprintable), st.text(max_size=20).filter(str.isprintable))
async def test_no_query_string_makes_the_view_fail(query: str, variables: str) -> None:
    assert_sane(await Client().get(urlencode({"query": query, "variables": variables}).encode()))

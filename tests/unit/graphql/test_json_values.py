from typing import Any

import msgspec
import pytest
from graphql import parse_value
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.graphql.fakes import Client, FakeNoetl

from domain.use_cases.call_api import ApiReply
from entrypoints.graphql.json_scalar import literal_to_json

BEYOND_64_BITS = 123456789012345678901234567890


async def workload_of(literal: str, **members: Any) -> Any:
    client = Client()
    answer = await client.run(
        f'mutation ($q: JSON, $s: String) {{ executePlaybook(name: "p", variables: {literal}) {{ id }}'
        f' used: executePlaybook(name: "p", variables: $q, clientId: $s) {{ id }} }}',
        **members,
    )
    assert "errors" not in answer.json, answer.json
    return client.noetl.orders[0][0].workload


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("{}", {}),
        ('{query: "x"}', {"query": "x"}),
        ("{a: [1, -2, true, null], b: {c: word}}", {"a": [1, -2, True, None], "b": {"c": "word"}}),
        ("[]", []),
        ('"text"', "text"),
        ('{a: """block\n  text"""}', {"a": "block\ntext"}),
        ("635891123456789012", 635891123456789012),
        (f"{{id: {BEYOND_64_BITS}}}", {"id": BEYOND_64_BITS}),
        (f"{{id: -{BEYOND_64_BITS}}}", {"id": -BEYOND_64_BITS}),
        ("1.5", 1.5),
        ("{a: $q}", {"a": {"deep": [BEYOND_64_BITS]}}),
        ("{a: $s, b: 1}", {"b": 1}),
        ("[$s, 1]", [None, 1]),
    ],
)
async def test_literals_become_json(literal: str, value: Any) -> None:
    workload = await workload_of(literal, variables={"q": {"deep": [BEYOND_64_BITS]}})
    assert workload == value
    assert repr(workload) == repr(value)


async def test_integers_in_variables_keep_every_digit() -> None:
    client = Client()
    query = 'mutation ($v: JSON) { executePlaybook(name: "p", variables: $v) { id } }'
    for number in (2**53 + 1, 2**63, 2**64, BEYOND_64_BITS, -BEYOND_64_BITS):
        await client.run(query, variables={"v": {"n": number}})
        assert repr(client.noetl.orders[-1][0].workload) == repr({"n": number})


async def test_integers_are_passed_on_and_back_with_every_digit() -> None:
    reply = b'{"id": %d, "price": 1.10}' % BEYOND_64_BITS
    client = Client(noetl=FakeNoetl(reply=ApiReply(status=200, body=reply)))
    answer = await client.run(
        f'mutation {{ proxyRequest(input: {{method: "POST", endpoint: "/api/x", body: {{id: {BEYOND_64_BITS}}}}})'
        " { data } }"
    )
    assert client.noetl.calls[0][2] == b'{"id":%d}' % BEYOND_64_BITS
    assert reply in answer.body


@pytest.mark.parametrize("literal", ["1e999", "-1e999", "1" * 5000])
async def test_numbers_that_no_reader_could_hold_are_refused(literal: str) -> None:
    client = Client()
    answer = await client.run(f'mutation {{ executePlaybook(name: "p", variables: {{n: {literal}}}) {{ id }} }}')
    assert answer.status == 200
    assert answer.json["data"] is None
    assert answer.json["errors"]
    assert client.noetl.orders == []


names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,10}", fullmatch=True)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]))
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=20
)


def as_literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + " ".join(f"{name}: {as_literal(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + " ".join(map(as_literal, value)) + "]"
    return msgspec.json.encode(value).decode()


@given(values)
def test_any_json_written_as_a_literal_comes_out_unchanged(value: Any) -> None:
    assert repr(literal_to_json(parse_value(as_literal(value)))) == repr(value)

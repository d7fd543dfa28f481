from dataclasses import replace
from typing import Any

import pytest
from tests.unit.graphql.fakes import Client

from entrypoints.graphql.limits import GraphQLLimits

LIMITS = GraphQLLimits(
    characters=1_000,
    tokens=100,
    nesting=12,
    depth=2,
    introspection_depth=3,
    root_fields=3,
    fields=12,
    aliases=2,
    directives=3,
    fragments=2,
    batch=2,
    value_nesting=5,
)
RUN = 'executePlaybook(name: "p")'

# Each query exceeds one limit by one; the table gives the limit and the value that lets it pass.
EXCEEDING = [
    pytest.param("{ health }" + " " * 991, "characters", 1_001, id="characters"),
    pytest.param("{ health " + "#\n" * 98 + "}", "tokens", 101, id="comments are tokens"),
    pytest.param(
        f'mutation {{ executePlaybook(name: "p", variables: [{"1 " * 85}]) {{ id }} }}', "tokens", 101, id="tokens"
    ),
    pytest.param(
        f'mutation {{ executePlaybook(name: "p", variables: {"[" * 11}{"]" * 11}) {{ id }} }}',
        "nesting",
        13,
        id="values",
    ),
    pytest.param("{" + "... {" * 12 + "health" + "}" * 13, "nesting", 13, id="inline fragments"),
    pytest.param("{ health version health __typename }", "root_fields", 4, id="root fields"),
    pytest.param(
        "{ ...A version } fragment A on QueryRoot { ...B health } fragment B on QueryRoot { health health }",
        "root_fields",
        4,
        id="root fields of fragments",
    ),
    pytest.param(f"mutation {{ {RUN} {{ {'id ' * 12} }} }}", "fields", 13, id="fields"),
    pytest.param("{ a: health b: health c: health }", "aliases", 3, id="aliases"),
    pytest.param(
        "{ ...A ... @skip(if: false) { ...A } b: health } fragment A on QueryRoot { a: health }",
        "aliases",
        3,
        id="aliases of fragments",
    ),
    pytest.param(
        "{ health @skip(if: false) @include(if: true) ... @skip(if: false) { health @skip(if: false) } }",
        "directives",
        4,
        id="directives",
    ),
    pytest.param(
        "{ ...A ...A } fragment A on QueryRoot { health @skip(if: false) @include(if: true) }",
        "directives",
        4,
        id="directives of fragments",
    ),
    pytest.param(
        "{ ...A ...B ...C }"
        " fragment A on QueryRoot { health }"
        " fragment B on QueryRoot { health }"
        " fragment C on QueryRoot { health }",
        "fragments",
        3,
        id="fragments",
    ),
    pytest.param("{ __schema { types { fields { name } } } }", "introspection_depth", 4, id="introspection depth"),
    pytest.param(
        "{ __schema { ...S } } fragment S on __Schema { types { fields { name } } }",
        "introspection_depth",
        4,
        id="introspection depth of fragments",
    ),
]


@pytest.mark.parametrize(("query", "limit", "enough"), EXCEEDING)
async def test_each_limit_refuses_and_lets_pass_once_it_is_raised(query: str, limit: str, enough: int) -> None:
    refused = await Client(limits=LIMITS).run(query)
    assert refused.status == 200
    assert refused.json["data"] is None
    assert refused.codes == ["graphql_limit"]
    as_response = await Client(limits=LIMITS).run(query, b"application/graphql-response+json")
    assert as_response.status == 400
    raised: Any = {limit: enough}
    passed = await Client(limits=replace(LIMITS, **raised)).run(query)
    assert "errors" not in passed.json, passed.json


@pytest.mark.parametrize(
    "query",
    [
        "{ a { b { c } } }",
        "{ a { ...B } } fragment B on T { b { c } }",
        "{ a { ... on T { b { ...C } } } } fragment C on T { c }",
    ],
)
async def test_depth_counts_fields_through_fragments(query: str) -> None:
    refused = await Client(limits=LIMITS).run(query)
    assert refused.messages == ["The operation is 3 levels deep; 2 are allowed."]
    passed = await Client(limits=replace(LIMITS, depth=3)).run(query)
    assert "graphql_limit" not in passed.body.decode()


async def test_every_operation_of_a_document_is_measured() -> None:
    answer = await Client(limits=LIMITS).run("query A { health } query B { a { b { c } } }", operationName="A")
    assert answer.codes == ["graphql_limit"]


async def test_a_refusal_names_what_was_found_and_what_is_allowed() -> None:
    answer = await Client(limits=LIMITS).run("{ a: health b: health c: health d: health }")
    assert answer.messages == [
        "The operation selects 4 root fields; 3 are allowed.",
        "The operation uses 4 aliases; 2 are allowed.",
    ]


@pytest.mark.parametrize(
    "query",
    [
        "{ ...A } fragment A on QueryRoot { ...A health }",
        "{ ...A } fragment A on QueryRoot { ...B } fragment B on QueryRoot { ...A health }",
        "{ ...A } fragment A on QueryRoot { health } fragment B on QueryRoot { ...B }",
        "{ ...Missing }",
    ],
)
async def test_cyclic_and_missing_fragments_are_reported_by_validation(query: str) -> None:
    answer = await Client(limits=LIMITS).run(query)
    assert answer.json["data"] is None
    assert "graphql_limit" not in answer.body.decode()


async def test_fragments_that_double_each_time_are_measured_and_refused_at_once() -> None:
    chain = " ".join(f"fragment F{n} on QueryRoot {{ ...F{n + 1} ...F{n + 1} }}" for n in range(29))
    answer = await Client().run("{ ...F0 } " + chain + " fragment F29 on QueryRoot { health }")
    assert f"The operation selects {2**29} root fields; 10 are allowed." in answer.messages


async def test_long_chains_of_fragments_are_refused() -> None:
    chain = " ".join(f"fragment F{n} on QueryRoot {{ ...F{n + 1} }}" for n in range(200))
    limits = replace(GraphQLLimits(), fragments=500)
    answer = await Client(limits=limits).run("{ ...F0 } " + chain + " fragment F200 on QueryRoot { health }")
    assert answer.messages == ["Selections and fragments nest more than 100 deep."]


@pytest.mark.parametrize("query", ["{ __schema { types { name } } }", '{ a: __type(name: "JSON") { name } }'])
async def test_introspection_can_be_switched_off(query: str) -> None:
    off = await Client(limits=GraphQLLimits(introspection=False)).run(query)
    assert off.codes == ["graphql_limit"]
    assert off.messages == ["Introspection is switched off."]
    assert "errors" not in (await Client().run(query)).json


async def test_typename_stays_when_introspection_is_off() -> None:
    answer = await Client(limits=GraphQLLimits(introspection=False)).run("{ __typename }")
    assert answer.json == {"data": {"__typename": "QueryRoot"}}


@pytest.mark.parametrize("introspection", [True, False])
async def test_names_are_suggested_only_where_introspection_would_tell_them(introspection: bool) -> None:
    answer = await Client(limits=GraphQLLimits(introspection=introspection)).run("{ healt }")
    assert ("Did you mean" in answer.messages[0]) is introspection


async def test_a_batch_over_the_limit_is_refused_as_a_whole() -> None:
    batch = [{"query": "{ health }"}] * 3
    refused = await Client(limits=LIMITS).post(batch)
    assert refused.status == 400
    assert refused.codes == ["graphql_limit"]
    assert (await Client(limits=LIMITS).post(batch[:2])).json == [{"data": {"health": "ok"}}] * 2


@pytest.mark.parametrize("batched", [False, True])
async def test_variables_that_nest_too_deep_are_refused(batched: bool) -> None:
    def request(levels: int) -> object:
        value: object = {}
        for _ in range(levels - 1):
            value = {"a": value}
        content = {"query": "{ health }", "variables": value, "extensions": {"x": [[], [], [], [], []]}}
        return [content] if batched else content

    refused = await Client(limits=LIMITS).post(request(6))
    assert refused.status == 400
    assert refused.messages == ["The variables nest more than 5 deep."]
    assert (await Client(limits=LIMITS).post(request(5))).status == 200


async def test_wide_variables_are_not_deep_ones() -> None:
    answer = await Client().run("{ health }", variables={"rows": [{"a": []}] * 500})
    assert answer.json == {"data": {"health": "ok"}}

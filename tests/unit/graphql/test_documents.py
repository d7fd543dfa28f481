import pytest
from graphql import DocumentNode
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.graphql.documents import DocumentRefused, Documents
from entrypoints.graphql.limits import GraphQLLimits
from entrypoints.graphql.schema import build_schema

SCHEMA = build_schema()


def documents(remembered: int = 1_000) -> Documents:
    return Documents(SCHEMA, GraphQLLimits(), remembered)


def test_a_text_is_parsed_once() -> None:
    known = documents()
    first = known("{ health }")
    assert isinstance(first, DocumentNode)
    assert known("{ health }") is first
    assert known("{ health  }") is not first


def test_the_one_not_used_for_longest_is_forgotten() -> None:
    known = documents(remembered=45)
    first, second = known("query A { health }"), known("query B { health }")
    assert known("query A { health }") is first
    known("query C { health }")
    assert known("query A { health }") is first
    assert known("query B { health }") is not second


def test_a_text_longer_than_the_memory_is_served_all_the_same() -> None:
    known = documents(remembered=5)
    assert known("{ health }") is not known("{ health }")


def test_what_is_refused_is_refused_again() -> None:
    known = documents()
    for _ in range(2):
        with pytest.raises(DocumentRefused) as refused:
            known("{ nothing }")
        assert len(refused.value.errors) == 1


@given(st.lists(st.integers(0, 12), max_size=60), st.integers(20, 80))
def test_memory_is_bounded_whatever_is_asked(names: list[int], remembered: int) -> None:
    known = documents(remembered)
    for name in names:
        known(f"query Q{name} {{ health }}")
        assert sum(map(len, known._known)) == known._characters <= remembered

from collections.abc import Iterator

import pytest

from domain.errors import ExecutionRefused, GatewayError, TooManyRequests


def leaves(family: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    children = family.__subclasses__()
    if not children:
        yield family
    for child in children:
        yield from leaves(child)


def test_every_leaf_has_a_code_of_its_own() -> None:
    codes = [leaf.__dict__.get("code") for leaf in leaves()]

    assert all(codes)
    assert len(set(codes)) == len(codes)


def test_the_drawing_of_the_tree_is_complete() -> None:
    from domain import errors

    drawing = errors.__doc__ or ""
    for leaf in leaves():
        assert leaf.__name__ in drawing
        assert leaf.code in drawing


@pytest.mark.parametrize("leaf", list(leaves()), ids=lambda leaf: leaf.__name__)
def test_every_leaf_speaks_in_sentences(leaf: type[GatewayError]) -> None:
    assert str(leaf()) == leaf.default
    assert str(leaf("Something else.")) == "Something else."
    assert leaf.default != GatewayError.default


def test_some_errors_say_more() -> None:
    assert TooManyRequests(retry_after=2.5).retry_after == 2.5
    assert ExecutionRefused(status=404).status == 404

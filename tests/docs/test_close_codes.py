"""The tables of reasons in the guide about live results say what the gateway says, no more and no less."""

import re

import pytest
from tests.docs.snippets import DOCS, ROOT

from domain.errors import (
    AuthBackEndUnavailable,
    OriginDenied,
    SessionInvalid,
    StoreUnavailable,
    TokenMissing,
    TooManyRequests,
)
from entrypoints.graphql.transport_ws import ends
from entrypoints.http.stream_life import Ending
from entrypoints.http.websocket import app, connection, socket
from entrypoints.http.websocket.socket import End

_PAGE = (DOCS / "async-callbacks.md").read_text(encoding="utf-8")
_REFUSALS = (
    AuthBackEndUnavailable(),
    OriginDenied(),
    SessionInvalid(),
    StoreUnavailable(),
    TokenMissing(),
    TooManyRequests("no place"),
)
_OF_THE_SERVER = {1011, 1012}
"""Said by the WebSocket itself: no pong came; the process has been cut off."""


def ends_of(module: object) -> list[End]:
    return [value for value in vars(module).values() if isinstance(value, End)]


def said() -> list[tuple[str, End]]:
    """What is said where: `both`, `/ws` or `/graphql`."""
    common = [end for end in ends_of(socket) if end is not socket.LEFT]
    common += [ends.end_of(ending) for ending in Ending]
    common += [ends.refusal(error) for error in _REFUSALS]
    own = [*ends_of(ends), ends.id_in_use("..."), ends.bad_message("what is wrong")]
    return (
        [("both", end) for end in common]
        + [("/ws", end) for end in ends_of(connection)]
        + [("/graphql", end) for end in own]
    )


def rows() -> list[tuple[int, str, str]]:
    """Code, place and reason of each row."""
    found = re.findall(r"^\| (\d{4}) \| `?([/a-z]+)`? \| (.*?) \|", _PAGE, re.MULTILINE)
    return [(int(code), place, reason) for code, place, reason in found]


@pytest.mark.parametrize(("place", "end"), said(), ids=lambda value: str(getattr(value, "reason", value)))
def test_each_end_of_a_websocket_is_in_the_table(place: str, end: End) -> None:
    assert [1 for code, where, reason in rows() if (code, where) == (end.code, place) and end.reason in reason]


def test_no_code_is_in_the_table_that_is_never_said() -> None:
    assert {code for code, _, _ in rows()} == {end.code for _, end in said()} | _OF_THE_SERVER


def test_both_websockets_refuse_alike() -> None:
    for error in _REFUSALS:
        ours, theirs = app._refusal(error), ends.refusal(error)
        assert (ours.code, ours.reason) == (theirs.code, theirs.reason)


def test_each_reason_of_a_subscription_is_one_that_the_gateway_gives() -> None:
    part = _PAGE.split("### Why a subscription")[1].split("\n## ")[0]
    named = re.findall(r"^\| `([a-z_]+)` \|", part, re.MULTILINE)
    assert len(named) > 5
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.py")))
    assert [code for code in named if f'"{code}"' not in sources] == []

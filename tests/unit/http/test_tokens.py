"""Where a token may be, and which one counts (wire 2.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.tokens import PresentedToken, presented_token

BEARER = (b"authorization", b"Bearer b")
HEADER = (b"x-session-token", b"h")
COOKIE = (b"cookie", b"session_token=c")
IN_COOKIE = PresentedToken("c", from_cookie=True)


@pytest.mark.parametrize(
    ("headers", "presented"),
    [
        ([], None),
        ([BEARER], PresentedToken("b")),
        ([HEADER], PresentedToken("h")),
        ([COOKIE], IN_COOKIE),
        ([COOKIE, HEADER, BEARER], PresentedToken("b")),
        ([COOKIE, HEADER], PresentedToken("h")),
        ([(b"authorization", b"bearer b"), HEADER], PresentedToken("h")),
        ([(b"authorization", b"BEARER b"), COOKIE], IN_COOKIE),
        ([(b"authorization", b"Basic YTpi"), HEADER], PresentedToken("h")),
        ([(b"authorization", b"Bearer"), HEADER], PresentedToken("h")),
        ([(b"authorization", b"bearer b")], None),
        ([(b"authorization", b"")], None),
        ([(b"authorization", b"Bearer "), HEADER], PresentedToken("")),
        ([(b"authorization", b"Bearer  b ")], PresentedToken(" b ")),
        ([(b"authorization", b"Bearer \xe9")], PresentedToken("é")),
        ([(b"x-session-token", b""), COOKIE], PresentedToken("")),
        ([(b"x-session-token", b"first"), (b"x-session-token", b"second")], PresentedToken("first")),
        ([(b"x-session_token", b"h"), (b"x_session_token", b"h")], None),
    ],
)
def test_the_first_source_that_holds_a_token_counts(
    headers: list[tuple[bytes, bytes]], presented: PresentedToken | None
) -> None:
    assert presented_token({"headers": headers}) == presented


@pytest.mark.parametrize(
    ("cookies", "token"),
    [
        (b"a=1; session_token=c; b=2", "c"),
        (b"session_token=c=d==", "c=d=="),
        (b"  session_token=c  ;x", "c"),
        (b"session_token=first;session_token=second", "first"),
        (b"session_token=", ""),
        (b'session_token="c"', '"c"'),
        (b"session_token", None),
        (b"Session_Token=c", None),
        (b"session_token =c", None),
        (b"my_session_token=c", None),
        (b"", None),
        (b";;=;", None),
    ],
)
def test_a_cookie_counts_by_its_exact_name(cookies: bytes, token: str | None) -> None:
    presented = presented_token({"headers": [(b"cookie", cookies)]})
    assert presented == (None if token is None else PresentedToken(token, from_cookie=True))


def test_only_the_first_cookie_header_is_looked_at() -> None:
    assert presented_token({"headers": [(b"cookie", b"a=1"), COOKIE]}) is None


def test_a_presented_token_is_not_shown() -> None:
    assert "s3cret" not in f"{PresentedToken('s3cret')!r} {PresentedToken('s3cret')}"


names = st.sampled_from([b"authorization", b"x-session-token", b"cookie", b"accept"])


@given(st.lists(st.tuples(names, st.binary(max_size=40)), max_size=5))
def test_no_headers_are_too_odd_to_be_read(headers: list[tuple[bytes, bytes]]) -> None:
    presented = presented_token({"headers": headers})
    assert presented is None or presented.text.encode("latin-1") in b"\n".join(value for _, value in headers)

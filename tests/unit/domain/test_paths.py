from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import PathRefused
from domain.paths import ProxyPath, tolerant_reading

TRAVERSALS = [
    b"..",
    b".",
    b"../metrics",
    b"executions/../../metrics",
    b"executions/..",
    b"./executions",
    b"..%2f..%2fmetrics",
    b"..%2F..%2Fmetrics",
    b"%2e%2e/metrics",
    b"%2E%2E/metrics",
    b".%2e/metrics",
    b"%2e./metrics",
    b"%2e/metrics",
    b"%2e%2e%2fmetrics",
    b"%252e%252e/metrics",
    b"%252e%252e%252fmetrics",
    b"%25252e%25252e/metrics",
    b"a%2f..%2fb",
    b"a%2f%2e%2e%2fb",
    b"..;/metrics",
    b"..;x=1/metrics",
    b"..%3b/metrics",
    b"%2e%2e%3bx/metrics",
    b".;/metrics",
    b"..%20/metrics",
    b"%20../metrics",
    b"..%c2%a0/metrics",
    b"a%5c..%5cb",
    b"a%5C..",
    b"a\\..\\b",
    b"a%255c..%255cb",
    b"%25ff/%252e%252e/x",
    b"%c0%ae%c0%ae/metrics",
]


@pytest.mark.parametrize("raw", TRAVERSALS)
def test_dot_segments_are_refused_in_every_spelling(raw: bytes) -> None:
    with pytest.raises(PathRefused):
        ProxyPath.parse(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"a%00b",
        b"a%0d%0aHost:%20evil",
        b"a%7f",
        b"a%1f",
        b"a%2500",
        b"a%250d",
        b"a b",
        b"a\tb",
        b"a\r\nb",
        b"a\x00",
        b"a#b",
        b"a?b",
        b"a\xff",
        "ü".encode(),
        b"a%",
        b"a%2",
        b"a%zz",
        b"a%2g",
        b"a%ff",
        b"a%e2%82",
        b"%2525252525252e",
    ],
)
def test_what_no_path_may_hold_is_refused(raw: bytes) -> None:
    with pytest.raises(PathRefused):
        ProxyPath.parse(raw)


@pytest.mark.parametrize(
    ("raw", "segments"),
    [
        (b"executions/766633604884463618/status", ("executions", "766633604884463618", "status")),
        (b"playbook-tests/suites/a%2Fb", ("playbook-tests", "suites", "a", "b")),
        (b"catalog/a%20b/ui_schema", ("catalog", "a b", "ui_schema")),
        (b"catalog/a%23b", ("catalog", "a#b")),
        (b"catalog/a%3Fb", ("catalog", "a?b")),
        (b"catalog/%E4%BD%A0%f0%9f%99%82", ("catalog", "你🙂")),
        (b"files/...", ("files", "...")),
        (b"files/.hidden", ("files", ".hidden")),
        (b"files/a..b", ("files", "a..b")),
        (b"a//b/", ("a", "b")),
        (b"/a", ("a",)),
        (b"a;x=1/b", ("a;x=1", "b")),
        (b"a+b@c:d!$&'()*,=~", ("a+b@c:d!$&'()*,=~",)),
        (b"", ()),
        (b"%2F", ()),
    ],
)
def test_everything_else_is_forwarded_as_it_came_and_read_as_servers_read_it(
    raw: bytes, segments: tuple[str, ...]
) -> None:
    path = ProxyPath.parse(raw)

    assert path.raw == raw
    assert path.segments == segments
    assert path.deeper == ()


def test_a_path_that_reads_differently_when_decoded_again_shows_every_reading() -> None:
    path = ProxyPath.parse(b"a/%2569nternal")

    assert path.segments == ("a", "%69nternal")
    assert path.deeper == (("a", "internal"),)


def test_an_escape_that_is_no_text_any_more_is_still_looked_at() -> None:
    path = ProxyPath.parse(b"100%25ff/%252569nternal")

    assert ("100\ufffd", "internal") in path.deeper


def test_a_hostile_path_does_not_take_exponential_time() -> None:
    with pytest.raises(PathRefused):
        ProxyPath.parse(b"a" * 60_000 + b"\xff")
    ProxyPath.parse(b"a" * 60_000 + b"!")


def test_the_tolerant_reading_ignores_what_some_servers_ignore() -> None:
    assert tolerant_reading(("Internal;v=1", " ;x", "", "B ")) == ("internal", "b")


PIECES = st.sampled_from(
    [
        ".",
        "..",
        "/",
        "%2e",
        "%2E",
        "%2f",
        "%2F",
        "%25",
        "%252e",
        "%5c",
        "\\",
        ";",
        "%3b",
        "%00",
        "%ff",
        "%",
        "%20",
        " ",
    ]
)
PATHS = st.lists(PIECES | st.text(st.characters(codec="utf-8"), max_size=3), max_size=8).map("".join)


@given(PATHS)
def test_what_is_accepted_is_unchanged_and_has_no_dot_segment_however_often_it_is_decoded(text: str) -> None:
    raw = text.encode()
    try:
        path = ProxyPath.parse(raw)
    except PathRefused:
        return

    assert path.raw == raw
    decoded = raw
    for _ in range(10):
        for segment in decoded.replace(b"\\", b"/").split(b"/"):
            assert segment.split(b";")[0].strip() not in (b".", b"..")
        assert not any(byte < 0x20 or byte == 0x7F for byte in decoded)
        decoded = unquote_to_bytes(decoded)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=6), max_size=5))
def test_segments_that_were_encoded_one_by_one_come_back(names: list[str]) -> None:
    """As the clients encode them (wire 13)."""
    raw = "/".join(quote(name, safe="") for name in names).encode()
    try:
        path = ProxyPath.parse(raw)
    except PathRefused:
        assert any(
            set(name) & set("\\%/;") or name.split(";")[0].strip() in (".", "..") or not name.strip()
            for name in names
        )
        return

    assert path.segments == tuple(part for name in names for part in name.split("/") if part)

"""What passes to NoETL (wire 7.1, D11, D53)."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entrypoints.http.proxy.headers import passes_to_noetl, to_noetl

PASSING = [
    "accept",
    "accept-encoding",
    "accept-language",
    "baggage",
    "content-encoding",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-event-id",
    "range",
    "tracestate",
    "x-custom",
    "x-noetl-tenant",
    "x-session-id",
    "x-a_b",
]
STOPPED = [
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-authorization",
    "referer",
    "sec-fetch-site",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "cf-connecting-ip",
    "true-client-ip",
    "remote-user",
    "_x-custom",
    "x_custom",
    "x",
    "",
]
OURS = [
    "x-session-token",
    "x-user-id",
    "x-user-email",
    "x-user-roles",
    "x-user",
    "x-username",
    "x-users",
    "x-request-id",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-uri",
    "x-forwarded-user",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-http-method-override",
    "x-method-override",
    "x-auth-request-email",
    "x-authenticated-userid",
    "x-remote-user",
    "x-envoy-external-address",
]


@pytest.mark.parametrize("name", PASSING)
def test_what_noetl_may_know_passes_as_it_is(name: str) -> None:
    header = (name.encode(), b"some value")
    assert to_noetl([header, header]) == [header, header]


@pytest.mark.parametrize("name", STOPPED)
def test_what_is_not_for_noetl_is_dropped(name: str) -> None:
    assert to_noetl([(name.encode(), b"v")]) == []


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("separator", ["-", "_", ".", "~", "--", "-_"])
def test_what_the_gateway_says_itself_is_dropped_in_every_spelling(name: str, separator: str) -> None:
    """oauth2-proxy once looked for dashes only (CVE-2025-64484)."""
    spelled = "x-" + name.removeprefix("x-").replace("-", separator)
    for variant in (spelled, spelled.upper(), spelled.title(), name.replace("-", separator)):
        assert to_noetl([(variant.encode(), b"v")]) == []


def test_only_a_well_formed_trace_parent_passes() -> None:
    good = (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    bad = [b"", b"00-0AF7-b7-01", good[1] + b"\n", good[1] + b"-x", b"x" + good[1]]
    assert to_noetl([good, *((b"traceparent", value) for value in bad)]) == [good]


tokens = st.text("x-_.~!#$%&'*+^`|" + string.ascii_letters + string.digits, max_size=24)
separators = st.text("-_.~", min_size=1, max_size=2)
identities = st.tuples(
    st.sampled_from(["x", "X"]),
    separators,
    st.sampled_from(["user", "session", "forwarded", "real", "request", "USER", "Session"]),
    separators,
    st.sampled_from(["id", "email", "roles", "token", "for", "ip", "ID"]),
).map("".join)


@given(st.lists(st.tuples((tokens | identities).map(str.encode), st.binary(max_size=10)), max_size=8))
@example(
    [(b"x-user-id", b"1"), (b"X_User_Id", b"1"), (b"x-user_id", b"1"), (b"x-USER-ID", b"1"), (b"x-user.id", b"1")]
)
def test_no_byte_of_a_client_gets_into_an_identity_header(received: list[tuple[bytes, bytes]]) -> None:
    names = {_as_a_careless_server_reads(name) for name, _ in to_noetl(received)}
    assert names.isdisjoint(OURS)


def _as_a_careless_server_reads(name: bytes) -> str:
    """In any case, and with a dash for whatever is no letter."""
    letters = (char if char.isalnum() else " " for char in name.decode().lower())
    return "-".join("".join(letters).split())


@given(st.sampled_from(["x-", "X-", ""]), tokens)
@example("x-", "A")
def test_a_name_that_is_not_in_lower_case_never_passes(start: str, rest: str) -> None:
    name = start + rest
    assert name == name.lower() or not passes_to_noetl(name.encode())

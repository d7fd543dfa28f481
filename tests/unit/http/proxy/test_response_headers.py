"""What passes to the client (wire 7.2, D31, D53)."""

import pytest

from entrypoints.http.proxy.headers import to_client

BASE_URL = "http://noetl.internal:8082"
PASSING = [
    "accept-ranges",
    "age",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-range",
    "content-type",
    "deprecation",
    "etag",
    "expires",
    "last-modified",
    "link",
    "retry-after",
    "sunset",
    "vary",
    "www-authenticate",
    "x-custom",
    "x-total-count",
]
STOPPED = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "connection",
    "date",
    "keep-alive",
    "server",
    "set-cookie",
    "set-cookie2",
    "transfer-encoding",
    "trailer",
    "upgrade",
    "strict-transport-security",
    "x-accel-redirect",
    "x-accel-buffering",
    "refresh",
]


@pytest.mark.parametrize("name", PASSING)
def test_what_clients_may_know_passes_as_it_is(name: str) -> None:
    header = (name.encode(), b"some value")
    assert to_client([header, header], BASE_URL) == [header, header]


@pytest.mark.parametrize("name", STOPPED)
def test_what_is_not_for_clients_is_dropped(name: str) -> None:
    assert to_client([(name.encode(), b"v")], BASE_URL) == []


@pytest.mark.parametrize(
    ("base_url", "location", "passed"),
    [
        (BASE_URL, b"http://noetl.internal:8082/api/executions/1?x=%2F", b"/noetl/executions/1?x=%2F"),
        (BASE_URL, b"/api/executions/1", b"/noetl/executions/1"),
        (BASE_URL, b"/api/", b"/noetl/"),
        (f"{BASE_URL}/base", b"http://noetl.internal:8082/base/api/x", b"/noetl/x"),
        (f"{BASE_URL}/base", b"/base/api/x", b"/noetl/x"),
        (BASE_URL, b"http://noetl.internal:8082.evil.test/api/x", None),
        (BASE_URL, b"http://noetl.internal:8082@evil.test/api/x", None),
        (BASE_URL, b"http://noetl.internal:9999/api/x", None),
        (BASE_URL, b"https://evil.test/api/x", None),
        (BASE_URL, b"//evil.test/api/x", None),
        (BASE_URL, b"http://noetl.internal:8082/metrics", None),
        (BASE_URL, b"/metrics", None),
        (BASE_URL, b"/apix/y", None),
        (BASE_URL, b"", None),
    ],
)
@pytest.mark.parametrize("name", [b"location", b"content-location"])
def test_a_redirect_into_the_api_leads_back_through_the_gateway_and_no_other_passes(
    base_url: str, location: bytes, passed: bytes | None, name: bytes
) -> None:
    assert to_client([(name, location)], base_url) == ([(name, passed)] if passed else [])

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.adapters.http1.asking import chunks

from adapters.noetl.http1.origin import Origin, parse_base_url
from adapters.noetl.http1.request_head import RequestHead
from domain.errors import RequestMalformed
from domain.proxying import UpstreamRequest

HEAD = RequestHead(Origin("http", "noetl", 8082), "/p")


def render(
    method: str = "GET",
    target: bytes = b"/x",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    content_length: int | None = None,
) -> bytes:
    return HEAD.render(
        UpstreamRequest(
            method=method,
            base_url="http://noetl:8082/p",
            target=target,
            headers=headers,
            content_length=content_length,
        )
    )


def test_it_is_written_from_method_target_host_and_headers() -> None:
    head = render("GET", b"/a?b=c", ((b"accept", b"*/*"), (b"x-a", b"1"), (b"x-a", b"")))
    assert head == b"GET /p/a?b=c HTTP/1.1\r\nhost: noetl:8082\r\naccept: */*\r\nx-a: 1\r\nx-a: \r\n\r\n"


@pytest.mark.parametrize(
    "name",
    [
        b"connection",
        b"keep-alive",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"proxy-authorization",
        b"proxy-connection",
        b"proxy-anything",
        b"host",
        b"content-length",
        b"expect",
        b"Transfer-Encoding",
        b"HOST",
    ],
)
def test_what_belongs_to_the_client_s_own_connection_is_not_passed_on(name: bytes) -> None:
    assert (
        render(headers=((name, b"x"), (b"kept", b"y"))) == b"GET /p/x HTTP/1.1\r\nhost: noetl:8082\r\nkept: y\r\n\r\n"
    )


@pytest.mark.parametrize("method", ["", "GE T", "GET\r\n", "GÉT", "GET:", "CONNECT", "GET /x HTTP/1.1\r\nx:"])
def test_a_method_that_is_no_token_is_refused(method: str) -> None:
    with pytest.raises(RequestMalformed):
        render(method)


@pytest.mark.parametrize(
    "target",
    [b"", b"x", b"*", b"http://other/", b"/a b", b"/a\tb", b"/a\r\nb", b"/a#b", b"/\x00", b"/\x7f", b"/\xc3\xa9"],
)
def test_a_target_that_is_no_plain_path_and_query_is_refused(target: bytes) -> None:
    with pytest.raises(RequestMalformed):
        render(target=target)


@pytest.mark.parametrize("name", [b"", b"a b", b"a:", b"a\r\nb", b"a\x00", b"\xc3\xa9", b"(a)"])
def test_a_header_name_that_is_no_token_is_refused(name: bytes) -> None:
    with pytest.raises(RequestMalformed):
        render(headers=((b"ok", b"1"), (name, b"x")))


@pytest.mark.parametrize("value", [b"a\r\nb: c", b"a\nb", b"a\rb", b"a\x00b", b"\x01", b"\x7f"])
def test_a_header_value_with_control_characters_is_refused(value: bytes) -> None:
    with pytest.raises(RequestMalformed):
        render(headers=((b"ok", b"1"), (b"a", value)))


@pytest.mark.parametrize("content_length", [-1, 5])
def test_a_length_that_does_not_fit_the_body_is_refused(content_length: int) -> None:
    with pytest.raises(RequestMalformed):
        render("POST", content_length=content_length)


def test_the_body_decides_how_it_is_framed() -> None:
    for content_length, framing in ((3, b"content-length: 3"), (None, b"transfer-encoding: chunked")):
        request = UpstreamRequest(
            method="POST",
            base_url="",
            target=b"/",
            headers=((b"content-length", b"9"), (b"transfer-encoding", b"x")),
            body=chunks(),
            content_length=content_length,
        )
        assert HEAD.render(request) == b"POST /p/ HTTP/1.1\r\nhost: noetl:8082\r\n" + framing + b"\r\n\r\n"


LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+: [\t\x20-\x7e\x80-\xff]*")


@given(
    method=st.text(max_size=6) | st.just("GET"),
    target=st.binary(max_size=8).map(lambda rest: b"/" + rest),
    headers=st.lists(st.tuples(st.binary(max_size=6), st.binary(max_size=8)), max_size=4).map(tuple),
)
@example(method="GET", target=b"/", headers=((b"x", b"y\r\n\r\nGET /evil HTTP/1.1"),))
def test_whatever_goes_in_one_request_comes_out_or_none(
    method: str, target: bytes, headers: tuple[tuple[bytes, bytes], ...]
) -> None:
    try:
        head = render(method, target, headers)
    except RequestMalformed:
        return
    assert head.endswith(b"\r\n\r\n")
    line, host, *lines = head[:-4].split(b"\r\n")
    assert line == method.encode() + b" /p" + target + b" HTTP/1.1"
    assert line.count(b" ") == 2
    assert host == b"host: noetl:8082"
    assert all(LINE.fullmatch(each) for each in lines)


@pytest.mark.parametrize(
    ("base_url", "origin", "prefix", "authority"),
    [
        ("http://noetl:8082", Origin("http", "noetl", 8082), "", "noetl:8082"),
        ("http://noetl:8082/", Origin("http", "noetl", 8082), "", "noetl:8082"),
        ("https://noetl/a/b/", Origin("https", "noetl", 443), "/a/b", "noetl"),
        ("http://NOETL:80", Origin("http", "noetl", 80), "", "noetl"),
        ("http://[::1]:8082", Origin("http", "::1", 8082), "", "[::1]:8082"),
    ],
)
def test_a_base_url_gives_origin_and_prefix(base_url: str, origin: Origin, prefix: str, authority: str) -> None:
    assert parse_base_url(base_url) == (origin, prefix)
    assert origin.authority == authority


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "noetl:8082",
        "ftp://noetl",
        "http://",
        "http://user:secret@noetl",
        "http://noetl?x=1",
        "http://noetl#x",
        "http://no etl",
        "http://noetl:99999",
        "http://noetl:x",
        "http://noetl/a b",
        "http://noetl/a\r\nb",
        "http://[::1",
    ],
)
def test_anything_else_is_no_base_url_and_the_error_quotes_nothing(base_url: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_base_url(base_url)
    assert "secret" not in str(caught.value)

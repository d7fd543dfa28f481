"""Requests that must not get through, and whether uvicorn's own protocol lets them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bad:
    """`plain`: does uvicorn's own protocol pass it to the application?"""

    what: str
    request: bytes
    status: int = 400
    plain: bool = True


def get(target: bytes = b"/", headers: bytes = b"Host: a\r\n") -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\n" + headers + b"\r\n"


def post(headers: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    return b"POST / HTTP/" + version + b"\r\nHost: a\r\n" + headers + b"\r\n" + body


HOSTS = [
    Bad("no host", get(headers=b"")),
    Bad("two hosts", get(headers=b"Host: a\r\nHost: b\r\n")),
    Bad("the same host twice", get(headers=b"Host: a\r\nHost: a\r\n")),
    Bad("an empty host", get(headers=b"Host:\r\n")),
    Bad("a host with userinfo", get(headers=b"Host: user@a\r\n")),
    Bad("a list of hosts", get(headers=b"Host: a,b\r\n")),
    Bad("a host with a path", get(headers=b"Host: a/b\r\n")),
    Bad("a host with a blank inside", get(headers=b"Host: a b\r\n")),
    Bad("a host with a fragment", get(headers=b"Host: a#b\r\n")),
    Bad("an escaped host", get(headers=b"Host: a%2eb\r\n")),
    Bad("a host beyond ASCII", get(headers=b"Host: \xc3\xa9\r\n")),
    Bad("a host with an empty port", get(headers=b"Host: a:\r\n")),
    Bad("a host with a port that is none", get(headers=b"Host: a:x\r\n")),
    Bad("a host with a port too high", get(headers=b"Host: a:65536\r\n")),
    Bad("a host with two ports", get(headers=b"Host: a:1:2\r\n")),
    Bad("an IPv6 host without brackets", get(headers=b"Host: ::1\r\n")),
    Bad("an IPv6 host that is not closed", get(headers=b"Host: [::1\r\n")),
    Bad("an HTTP/1.0 request with two hosts", b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
]

TARGETS = [
    Bad("an asterisk for GET", get(b"*")),
    Bad("an asterisk with more", get(b"*x")),
    Bad("an absolute target for another host", get(b"http://b/x")),
    Bad("an absolute target with userinfo", get(b"http://u@a/x")),
    Bad("an absolute target for another port", get(b"http://a:81/x")),
    Bad("an absolute target of another scheme", get(b"ftp://a/x")),
    Bad("an absolute target and no host", b"GET http://a/ HTTP/1.0\r\n\r\n"),
    Bad("a fragment", get(b"/a#b")),
    Bad("a fragment in an absolute target", get(b"http://a/a#b")),
    Bad("CONNECT", b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405, plain=False),
    Bad("CONNECT with a path", b"CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    Bad("a target beyond ASCII", get(b"/\xc3\xa9"), plain=False),
    Bad("a target beyond ASCII in the query", get(b"/?\xe9"), plain=False),
    Bad("a control character in the target", get(b"/\x01"), plain=False),
    Bad("a tab in the target", get(b"/a\tb"), plain=False),
    Bad("a blank in the target", get(b"/a b"), plain=False),
    Bad("DEL in the target", get(b"/\x7f"), plain=False),
    Bad("a NUL in the target", get(b"/\x00"), plain=False),
    Bad("a relative target", get(b"a/b"), plain=False),
]

VERSIONS = [
    Bad("HTTP/0.9 without a version", b"GET /\r\n\r\n"),
    Bad("HTTP/0.9 with headers", b"GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
    Bad("HTTP/2.0 in a request line", b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    Bad("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", plain=False),
    Bad("HTTP/1.2", b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", plain=False),
    Bad("an unknown method", b"STEAL / HTTP/1.1\r\nHost: a\r\n\r\n", plain=False),
    Bad("a method in lower case", b"get / HTTP/1.1\r\nHost: a\r\n\r\n", plain=False),
    Bad("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32), plain=False),
]

FRAMING = [
    Bad(
        "a length and chunks", post(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), plain=False
    ),
    Bad(
        "chunks and a length", post(b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", b"0\r\n\r\n"), plain=False
    ),
    Bad("two lengths", post(b"Content-Length: 3\r\nContent-Length: 4\r\n", b"abcd"), plain=False),
    Bad("the same length twice", post(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc"), plain=False),
    Bad("a list of lengths", post(b"Content-Length: 3, 3\r\n", b"abc"), plain=False),
    Bad("a length with a sign", post(b"Content-Length: +3\r\n", b"abc"), plain=False),
    Bad("a negative length", post(b"Content-Length: -3\r\n", b"abc"), plain=False),
    Bad("a hexadecimal length", post(b"Content-Length: 0x3\r\n", b"abc"), plain=False),
    Bad("an empty length", post(b"Content-Length:\r\n", b"abc"), plain=False),
    Bad("a length of many digits", post(b"Content-Length: 99999999999999999999\r\n"), plain=False),
    Bad("a length with leading zeros", post(b"Content-Length: 003\r\n", b"abc")),
    Bad("a coding before chunked", post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n")),
    Bad("codings in two headers", post(b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n")),
    Bad("chunked twice", post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"), plain=False),
    Bad("the identity coding", post(b"Transfer-Encoding: identity\r\n", b"0\r\n\r\n")),
    Bad("a coding that is unknown", post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n")),
    Bad("chunked with a parameter", post(b"Transfer-Encoding: chunked;q=1\r\n", b"0\r\n\r\n")),
    Bad("chunks in HTTP/1.0", post(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", b"1.0")),
]

LINES = [
    Bad("lines that end in LF", b"GET / HTTP/1.1\nHost: a\n\n", plain=False),
    Bad("one header line that ends in LF", b"GET / HTTP/1.1\r\nHost: a\n\r\n", plain=False),
    Bad("a head that ends in LF", b"GET / HTTP/1.1\r\nHost: a\r\n\n", plain=False),
    Bad("a bare CR in a value", get(headers=b"Host: a\r\nX: b\rY: c\r\n"), plain=False),
    Bad("a folded header", get(headers=b"Host: a\r\nX: b\r\n c\r\n"), plain=False),
    Bad("a header that begins with a blank", get(headers=b" Host: a\r\n"), plain=False),
    Bad("a blank before the colon", get(headers=b"Host : a\r\n"), plain=False),
    Bad("no colon", get(headers=b"Host: a\r\nnonsense\r\n"), plain=False),
    Bad("an empty header name", get(headers=b"Host: a\r\n: b\r\n"), plain=False),
    Bad("a header name with brackets", get(headers=b"Host: a\r\nX(y): b\r\n"), plain=False),
    Bad("a header name beyond ASCII", get(headers=b"Host: a\r\nX\xff: b\r\n"), plain=False),
    Bad("a NUL in a value", get(headers=b"Host: a\r\nX: a\x00b\r\n"), plain=False),
    Bad("a control character in a value", get(headers=b"Host: a\r\nX: a\x0bb\r\n"), plain=False),
    Bad("DEL in a value", get(headers=b"Host: a\r\nX: a\x7fb\r\n"), plain=False),
]

SIZES = [
    Bad("a head of 40 KB", get(headers=b"Host: a\r\nX: " + b"x" * 40_000 + b"\r\n"), 431),
    Bad("a target of 40 KB", get(b"/" + b"x" * 40_000), 431),
    Bad("a header name of 40 KB", get(headers=b"Host: a\r\n" + b"x" * 40_000 + b": y\r\n"), 431),
    Bad("101 headers", get(headers=b"Host: a\r\n" + b"X: y\r\n" * 100), 431),
]

BAD = [*HOSTS, *TARGETS, *VERSIONS, *FRAMING, *LINES, *SIZES]

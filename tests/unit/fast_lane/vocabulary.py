"""What requests and answers are made of in the comparison of both lanes."""

KNOWN = b"@known@"
EXPIRED = b"@expired@"
BASE = b"@base@"
ORIGIN = b"http://localhost:8080"
HOST = b"gw.example.test"


def _lines(text: str) -> list[bytes]:
    return [line.strip().encode("latin-1") for line in text.strip().splitlines()]


SEGMENTS = rb"""executions 42 a%2Fb .. . %2e%2e %252e%252e ..;x internal INTERN%61l auth credentials x%20y % %zz %00
    a\b %5c caf%C3%A9 %ff execute postgres vars ~a a;b=c ' " |""".split()
PLAIN_SEGMENTS = b"executions 42 catalog vars a%2Fb x".split()
QUERIES = [b"", b"?", b"?a=b", b"?x=%2F&y=a+b&&", b"?../..", b"?a?b", b"?%zz"]
PREFIXES = [*[b"/noetl/"] * 8, b"/noetl", b"/noetl%2F", b"//noetl/", b"/NOETL/", b"/"]
KNOWN_TOKENS = _lines("""
    authorization: Bearer @known@
    x-session-token: @known@
    authorization:Bearer @known@ \t
""")
ODD_TOKENS = _lines("""
    cookie: a=b; session_token=@known@
    authorization: Basic eDp5
    authorization: bearer @known@
    authorization: Bearer unknown
    authorization: Bearer a b
    authorization: Bearer @expired@
    x-session-token: \xe9
    x-session-token:
""")
BODILESS_FIELDS = _lines("""
    accept: */*
    accept-encoding: gzip
    x-custom: 1
    X-Custom:  2
    x-custom: \xe9
    x-empty:
    x-user-id: 1
    x_user_id: 1
    x.user.id: 1
    X-User-Roles: root
    x-request-id: mine
    x-forwarded-for: 6.6.6.6
    x-forwarded-for: 10.0.0.1, 127.0.0.1
    x-forwarded-for: nonsense
    cf-connecting-ip: 9.9.9.9
    forwarded: for=6
    x-session-token: other
    authorization: Basic eDp5
    cookie: session_token=other
    proxy-authorization: x
    x-http-method-override: DELETE
    connection: close
    connection: keep-alive
    Connection: x-custom
    keep-alive: 5
    te: trailers
    range: bytes=0-1
    if-none-match: "a"
    traceparent: nonsense
    traceparent: 00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01
    origin: http://localhost:8080
    origin: http://foreign.test
    origin: http://gw.example.test
    Origin: null
""")
FRAMING_FIELDS = [
    *_lines("""
    content-length: 0
    content-length: 3
    content-length: x
    transfer-encoding: chunked
    expect: 100-continue
    expect: more
    upgrade: h2c
    connection: upgrade
    host: other
    x\x00: y
"""),
    b"x-long: " + b"z" * 33000,
]
STATUSES = [*[200] * 6, 201, 204, 206, 301, 304, 307, 400, 401, 404, 418, 422, 500, 503, 599]
ANSWERED_FIELDS = _lines("""
    content-type: application/json
    Content-Type: text/x
    x-a: 1
    x-a: 2
    x-high: \xe9
    x-bad: a\x7fb
    x-accel-x: 1
    set-cookie: a=b
    server: x
    date: never
    age: 1
    vary: accept
    etag: "a"
    cache-control: no-store
    access-control-allow-origin: *
    connection: close
    connection: x-a
    keep-alive: timeout=1
    location: @base@/api/executions/1
    location: http://evil.test/api/x
    location: /api/x
""")
SIZES_OF_ONE_READ = [0, 10, 100, 40_000]
SIZES = [*SIZES_OF_ONE_READ, 200_000]
"""Bytes of body."""

"""Chunked bodies of upstreams, against a reading of RFC 9112 (7.1) that is slow and plain."""

import string
from collections.abc import Iterable

from tests.fuzz.cuts import ways_to_cut

from adapters.noetl.http1.chunked_body import ChunkedBody
from adapters.noetl.http1.malformed import MalformedAnswer

_ROOMY, _TIGHT = 1 << 20, 24
_HEX = frozenset(string.hexdigits.encode())
_TOKEN = frozenset((string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~").encode())
_TEXT = frozenset(b"\t" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100)))
_QUOTABLE = _TEXT - frozenset(b'"\\')


def check(data: bytes) -> None:
    for most in (_ROOMY, _TIGHT):
        whole = _decoded([data], most)
        for pieces in ways_to_cut(data):
            state, body = _decoded(pieces, most)
            assert state == whole[0]
            # What came before the fault depends on the reads, but never differs.
            assert body == whole[1] or (state == "malformed" and body.startswith(whole[1]))
    plainly = _read_plainly(data)
    assert (whole[0] == "complete") <= (plainly is not None)
    state, body = _decoded([data], _ROOMY)
    assert (state == "complete") == (plainly is not None)
    assert plainly is None or body == plainly


def _decoded(pieces: Iterable[bytes], most: int) -> tuple[str, bytes]:
    decoder, body = ChunkedBody(max_overhead=most), b""
    try:
        for piece in pieces:
            body += decoder.feed(piece)
    except MalformedAnswer:
        return "malformed", body
    return "complete" if decoder.complete else "unfinished", body


def _read_plainly(data: bytes) -> bytes | None:
    """The body if `data` is one whole chunked body with nothing behind it."""
    body = b""
    while True:
        line, end, data = data.partition(b"\r\n")
        size, *extensions = _split_extensions(line)
        if not end or not 1 <= len(size) <= 15 or set(size) - _HEX or not all(map(_is_extension, extensions)):
            return None
        length = int(size, 16)
        if not length:
            return body if _are_trailers(data) else None
        if data[length : length + 2] != b"\r\n":
            return None
        body, data = body + data[:length], data[length + 2 :]


def _split_extensions(line: bytes) -> list[bytes]:
    """At semicolons outside quotes."""
    parts, quoted = [b""], False
    for byte in line:
        quoted ^= byte == ord('"')
        if byte == ord(";") and not quoted:
            parts.append(b"")
        else:
            parts[-1] += bytes([byte])
    return parts


def _is_extension(text: bytes) -> bool:
    name, equals, value = text.partition(b"=")
    quoted = len(value) > 1 and value[:1] == value[-1:] == b'"' and not set(value[1:-1]) - _QUOTABLE
    return _is_token(name) and (not equals or _is_token(value) or quoted)


def _is_token(text: bytes) -> bool:
    return bool(text) and not set(text) - _TOKEN


def _are_trailers(data: bytes) -> bool:
    *lines, empty, rest = data.split(b"\r\n") if b"\r\n" in data else (b"x", b"", b"x")
    fields = [line.partition(b":") for line in lines]
    return empty == rest == b"" and all(
        colon and _is_token(name) and not set(value) - _TEXT for name, colon, value in fields
    )

"""The head of an answer: parsed by llhttp in its strict mode, then held to what a gateway must insist on."""

from dataclasses import dataclass
from functools import lru_cache

import httptools

from adapters.noetl.http1.malformed import MalformedAnswer

_HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authentication-info",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
_VERSIONS = (b"HTTP/1.1 ", b"HTTP/1.0 ")
_DIGIT_ONE = 0x31
_MAX_LENGTH_DIGITS = 18
_REMEMBERED = 512
_LONGEST_REMEMBERED = 1024
"""Bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class ResponseHead:
    """`headers`: lower-case names, hop-by-hop ones removed. Heads of the same bytes may be the same object.

    `length`: bytes of body to come; None with `chunked` false means that the body ends with the connection.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    length: int | None
    chunked: bool
    keep_alive: bool


class _Fields:
    """What llhttp calls; no body callback, because only heads are fed to it."""

    __slots__ = ("complete", "fields")

    def __init__(self) -> None:
        self.fields: list[tuple[bytes, bytes]] = []
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.complete = True


def parse_response_head(raw: bytes, *, answers_head: bool, max_headers: int) -> ResponseHead:
    """`raw`: one head with its empty line. `answers_head`: the request's method was HEAD.

    Answers to the same question mostly begin with the same bytes, so that short ones are remembered.

    Raises:
        MalformedAnswer: not HTTP/1.x, contradictory framing, or too many headers.
    """
    parse = _remembered if len(raw) <= _LONGEST_REMEMBERED else _parsed
    return parse(raw, answers_head, max_headers)


def _parsed(raw: bytes, answers_head: bool, max_headers: int) -> ResponseHead:
    status, fields = _read(raw, max_headers)
    by_name = dict(fields)
    keep_alive = raw[7] == _DIGIT_ONE
    headers = fields
    if not _HOP_BY_HOP.isdisjoint(by_name):
        options = _connection_options(fields)
        keep_alive = b"close" not in options and (keep_alive or b"keep-alive" in options)
        # A length is never hop-by-hop, whatever the peer nominates.
        dropped = (_HOP_BY_HOP | options) - {b"content-length"}
        headers = [field for field in fields if field[0] not in dropped]
    length, chunked = _framing(status, fields, by_name, answers_head=answers_head)
    if chunked and raw[7] != _DIGIT_ONE:
        raise MalformedAnswer("chunked coding in HTTP/1.0")
    return ResponseHead(status, tuple(headers), length, chunked, keep_alive and (chunked or length is not None))


_remembered = lru_cache(maxsize=_REMEMBERED)(_parsed)


def _read(raw: bytes, max_headers: int) -> tuple[int, list[tuple[bytes, bytes]]]:
    if not raw.startswith(_VERSIONS):
        raise MalformedAnswer("no HTTP/1.x status line")
    collected = _Fields()
    parser = httptools.HttpResponseParser(collected)
    try:
        parser.feed_data(raw)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
        raise MalformedAnswer("head refused by the parser") from error
    status = parser.get_status_code()
    fields = collected.fields
    if not collected.complete or not 100 <= status <= 599 or status == 101:
        raise MalformedAnswer("unusable status or incomplete head")
    if len(fields) > max_headers:
        raise MalformedAnswer("too many headers")
    if b" \r\n" in raw or b"\t\r\n" in raw:
        # llhttp keeps the white space after a value, which is no part of it (RFC 9112, 5).
        fields = [(name, value.rstrip(b" \t")) for name, value in fields]
    return status, fields


def _connection_options(fields: list[tuple[bytes, bytes]]) -> frozenset[bytes]:
    listed = b",".join(value for name, value in fields if name == b"connection").lower()
    return frozenset(option.strip(b" \t") for option in listed.split(b","))


def _framing(
    status: int, fields: list[tuple[bytes, bytes]], by_name: dict[bytes, bytes], *, answers_head: bool
) -> tuple[int | None, bool]:
    """RFC 9112, 6.3. llhttp has already refused a doubled length, and a length beside a transfer coding."""
    length = _length(by_name.get(b"content-length"))
    chunked = b"transfer-encoding" in by_name
    if chunked:
        codings = [value.lower() for name, value in fields if name == b"transfer-encoding"]
        if codings != [b"chunked"] or length is not None:
            raise MalformedAnswer("transfer coding other than chunked, or beside a length")
    if status == 204 and (chunked or length):
        raise MalformedAnswer("204 with a body")
    if answers_head or status in (204, 304) or status < 200:
        return 0, False
    return length, chunked


def _length(digits: bytes | None) -> int | None:
    if digits is None:
        return None
    if not digits.isdigit() or len(digits) > _MAX_LENGTH_DIGITS:
        raise MalformedAnswer("content-length is no number")
    return int(digits)

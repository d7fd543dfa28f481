"""The head of a request, written from validated parts only: nothing that is passed on can add a line or a request."""

from adapters.noetl.http1.origin import Origin
from domain.errors import RequestMalformed
from domain.proxying import Headers, UpstreamRequest

_NAME_BYTES = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
_METHOD_BYTES = _NAME_BYTES + b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TARGET_BYTES = bytes(range(0x21, 0x7F)).replace(b"#", b"")
_VALUE_BYTES = b"\t" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))

_NOT_PASSED_ON = frozenset(
    (
        b"connection",
        b"content-length",
        b"expect",
        b"host",
        b"keep-alive",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
"""Hop-by-hop (RFC 9110, 7.6.1) or written here. `proxy-*` goes, too."""

_MAY_LACK_LENGTH = frozenset((b"GET", b"HEAD", b"DELETE", b"OPTIONS", b"TRACE"))


class RequestHead:
    """What all requests to one base URL have in common."""

    __slots__ = ("_after_target", "_prefix")

    def __init__(self, origin: Origin, prefix: str) -> None:
        self._prefix = prefix.encode("ascii")
        self._after_target = b" HTTP/1.1\r\nhost: " + origin.authority.encode("ascii")

    def render(self, request: UpstreamRequest) -> bytes:
        """Raises:
        RequestMalformed: a part that cannot be written without changing its meaning.
        """
        return self.line(request.method, request.target) + self.fields(request)

    def line(self, method: str, target: bytes) -> bytes:
        """The request line and the Host header, without the line end after it. Raises RequestMalformed."""
        if not target.startswith(b"/") or target.translate(None, _TARGET_BYTES):
            raise RequestMalformed
        return _method(method) + b" " + self._prefix + target + self._after_target

    def fields(self, request: UpstreamRequest) -> bytes:
        """What follows, from that line end on: the same for every GET and HEAD request with the same headers.

        Raises RequestMalformed.
        """
        lines = [b""]
        lines += [b"%b: %b" % field for field in _checked(request.headers) if field[0] not in _NOT_PASSED_ON]
        framing = _framing(request, _method(request.method))
        if framing:
            lines.append(framing)
        lines.append(b"\r\n")
        return b"\r\n".join(lines)


def _method(method: str) -> bytes:
    try:
        name = method.encode("ascii")
    except UnicodeEncodeError:
        raise RequestMalformed from None
    if not name or name == b"CONNECT" or name.translate(None, _METHOD_BYTES):
        raise RequestMalformed
    return name


def _checked(headers: Headers) -> Headers:
    """All names and all values are looked at in one go each, which is what makes this cheap."""
    names = [name for name, _ in headers]
    joined = b"".join(names)
    if joined.translate(None, _NAME_BYTES):
        headers = [(name.lower(), value) for name, value in headers]
        joined = joined.lower()
    values = b"".join([value for _, value in headers])
    if b"" in names or joined.translate(None, _NAME_BYTES) or values.translate(None, _VALUE_BYTES):
        raise RequestMalformed
    if b"proxy-" in joined:
        headers = [field for field in headers if not field[0].startswith(b"proxy-")]
    return headers


def _framing(request: UpstreamRequest, method: bytes) -> bytes:
    length = request.content_length
    if length is not None and (length < 0 or (request.body is None and length)):
        raise RequestMalformed
    if request.body is None:
        return b"" if length is None and method in _MAY_LACK_LENGTH else b"content-length: 0"
    return b"transfer-encoding: chunked" if length is None else b"content-length: %d" % length

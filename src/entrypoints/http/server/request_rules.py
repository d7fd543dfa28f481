"""What httptools lets through and no request may have: doubtful hosts, framing and targets (RFC 9112, design 7)."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from entrypoints.http.server.hosts import host_name
from entrypoints.http.server.refusals import Refusal

Fields = Sequence[tuple[bytes, bytes]]

WATCHED = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})
"""Headers on which the rules below depend; names in lower case."""

is_origin_form = re.compile(rb"/[\x21\x22\x24-\x7e]*").fullmatch
_ABSOLUTE = re.compile(rb"https?://([^/?]*)([/?].*)?", re.IGNORECASE)
_LENGTH = re.compile(rb"0|[1-9][0-9]{0,18}")


class Checked(NamedTuple):
    """What the watched headers of a request say. `host`: its name in lower case, without port."""

    host: str | None
    expects_continue: bool


def check_fields(fields: Fields, version: str) -> Checked:
    """`fields`: the watched headers in their order.

    Raises Refusal for another HTTP version, a missing, doubled or malformed Host, and doubtful body framing.
    """
    if version not in ("1.1", "1.0"):
        raise Refusal(400, "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
    _check_framing(fields, version)
    expects_continue = version == "1.1" and any(
        name == b"expect" and value.lower() == b"100-continue" for name, value in fields
    )
    return Checked(_host(fields, version), expects_continue)


def _host(fields: Fields, version: str) -> str | None:
    hosts = [value for name, value in fields if name == b"host"]
    if not hosts and version == "1.0":
        return None
    if len(hosts) != 1:
        raise Refusal(400, "A request needs exactly one Host header.")
    name = host_name(hosts[0])
    if name is None:
        raise Refusal(400, "The Host header must be a host name or address, with a port at most.")
    return name


def _check_framing(fields: Fields, version: str) -> None:
    lengths = [value for name, value in fields if name == b"content-length"]
    codings = [value for name, value in fields if name == b"transfer-encoding"]
    if len(lengths) + len(codings) > 1:
        raise Refusal(400, "A request body must be framed by one header only.")
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        raise Refusal(400, "The Content-Length header must be a plain decimal number.")
    if codings and codings[0].lower() != b"chunked":
        raise Refusal(400, "The only transfer coding accepted is chunked.")
    if codings and version == "1.0":
        raise Refusal(400, "HTTP/1.0 knows no transfer codings.")


def origin_form(method: bytes, target: bytes, fields: Fields) -> bytes:
    """The target as path and query: what an absolute target for this host says, and `*` for OPTIONS.

    Raises Refusal for all other targets.
    """
    if target == b"*" and method == b"OPTIONS":
        return target
    absolute = _ABSOLUTE.fullmatch(target)
    relative = (absolute[2] or b"/") if absolute else target
    if relative.startswith(b"?"):
        relative = b"/" + relative
    if not is_origin_form(relative):
        raise Refusal(400, "The request target must be a path of printable ASCII without a fragment.")
    if absolute and absolute[1].lower() not in [value.lower() for name, value in fields if name == b"host"]:
        raise Refusal(400, "The request target names another host than the Host header.")
    return relative

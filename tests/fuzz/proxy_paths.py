"""Paths below `/noetl/`: what passes means the same to every server behind, and leads nowhere guarded."""

from urllib.parse import unquote_to_bytes

from domain.access import GUARDED, ProxyPolicy
from domain.errors import PathRefused, RouteDenied
from domain.identity import User
from domain.paths import ProxyPath
from domain.use_cases.forward_request import ForwardRequest, Shards

_NOBODY = User(user_id=1, email="somebody@example.com", display_name="Somebody", roles=("viewer",))
_ADMIN = User(user_id=2, email="admin@example.com", display_name="Admin", roles=("admin",))
_SHARDS = Shards(default="http://noetl", base_urls=("http://noetl-0", "http://noetl-1"))
_FORWARD = ForwardRequest(policy=ProxyPolicy(GUARDED), shards=_SHARDS)
_DEPTH = 5
"""Times that some server behind may decode a path: one more than the gateway looks."""
_FOR_NOBODY = ("internal", "auth")
_FOR_STAFF = (*_FOR_NOBODY, "postgres", "credentials")


def check(data: bytes) -> None:
    try:
        path = ProxyPath.parse(data)
    except PathRefused:
        return
    assert path.raw == data
    readings = _readings(data)
    for segments in readings:
        assert not {".", ".."} & set(segments)
    _follow(_ADMIN, path, readings, _FOR_NOBODY)
    _follow(_NOBODY, path, readings, _FOR_STAFF)


def _follow(user: User, path: ProxyPath, readings: list[list[str]], guarded: tuple[str, ...]) -> None:
    try:
        parsed, route = _FORWARD(user, "GET", path.raw)
    except RouteDenied:
        assert any(segments[:1] and segments[0] in (*_FOR_STAFF, "catalog", "executions") for segments in readings)
        return
    assert route.base_url in (_SHARDS.default, *_SHARDS.base_urls)
    assert parsed == path
    assert route.with_query(b"a=b") == b"/api/" + path.raw + b"?a=b"
    for segments in readings:
        assert not segments or segments[0] not in guarded


def _readings(raw: bytes) -> list[list[str]]:
    """The path as careless servers take it: decoded again and again, in lower case, without `;parameters`."""
    found = []
    for _ in range(_DEPTH):
        raw = unquote_to_bytes(raw)
        text = raw.decode("utf-8", "replace").replace("\\", "/")
        assert text.isprintable() or not any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in text)
        parts = [part.partition(";")[0].strip().casefold() for part in text.split("/")]
        found.append([part for part in parts if part])
    return found

"""Which hosts a request may name (RFC 9112 3.2, RFC 3986 3.2.2)."""

import re
from collections.abc import Iterable

_HOST = re.compile(rb"([A-Za-z0-9._~-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?")
_MAX_PORT = 65535


def host_name(value: bytes) -> str | None:
    """The name in a `host[:port]` value in lower case; None for anything else: userinfo, lists, an empty port."""
    match = _HOST.fullmatch(value)
    if match is None or (match[2] is not None and int(match[2]) > _MAX_PORT):
        return None
    return match[1].decode("ascii").lower().removesuffix(".")


class AllowedHosts:
    """`names`: exact names, or `*.example.com` for every name below it; none at all allows any."""

    def __init__(self, names: Iterable[str]) -> None:
        lowered = [name.strip().lower().removesuffix(".") for name in names]
        self._exact = frozenset(name for name in lowered if not name.startswith("*."))
        self._suffixes = tuple(name[1:] for name in lowered if name.startswith("*."))

    @property
    def restrict(self) -> bool:
        return bool(self._exact or self._suffixes)

    def allow(self, name: str) -> bool:
        return not self.restrict or name in self._exact or name.endswith(self._suffixes)

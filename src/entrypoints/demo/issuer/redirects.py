"""Where the issuer sends browsers back to: never off this machine."""

from collections.abc import Collection
from urllib.parse import urlencode, urlsplit, urlunsplit

from entrypoints.demo.json_types import JsonObject

_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost"})


class RedirectPolicy:
    """Allows loopback addresses; with an allow-list, only those on it."""

    def __init__(self, allowed: Collection[str] | None = None) -> None:
        self._allowed = None if allowed is None else frozenset(allowed)

    def allows(self, uri: str) -> bool:
        return _is_loopback(uri) and (self._allowed is None or uri in self._allowed)


def origin_of(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def with_parameters(uri: str, parameters: JsonObject, *, in_fragment: bool) -> str:
    """Adds the parameters that are not None, to the query or as the fragment."""
    given = urlencode({name: value for name, value in parameters.items() if value is not None})
    parts = urlsplit(uri)
    if in_fragment:
        return urlunsplit(parts._replace(fragment=given))
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, given)))))


def _is_loopback(uri: str) -> bool:
    # Only visible ASCII: the address goes into a header and into a policy.
    if not all("!" <= character <= "~" for character in uri):
        return False
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and host in _LOOPBACK_HOSTS
        and "@" not in parts.netloc
        and not set(parts.netloc) & set(";,'\"\\")
        and not parts.fragment
    )

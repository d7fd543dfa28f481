import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_VISIBLE = re.compile(r"[\x21-\x7e]+")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Connections are shared within an origin and never beyond it. `host` is without brackets for IPv6."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def tls(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """What the Host header says: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse_base_url(base_url: str) -> tuple[Origin, str]:
    """The origin and the path prefix, which has no trailing slash and may be empty.

    Raises:
        ValueError: not `http(s)://host[:port][/prefix]`; a configuration mistake.
    """
    if not _VISIBLE.fullmatch(base_url):  # urlsplit would drop line ends without a word
        raise ValueError("a base URL consists of visible ASCII characters")
    parts = urlsplit(base_url)
    path = parts.path.rstrip("/")
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise ValueError("a base URL is http(s)://host[:port][/prefix] without user information")
    if parts.query or parts.fragment or not _HOST.fullmatch(parts.hostname) or not _PREFIX.fullmatch(path):
        raise ValueError("a base URL has a plain host name and path, and neither query nor fragment")
    return Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]), path

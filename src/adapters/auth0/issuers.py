"""Issuers that may log users in, as an operator names them."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PORT = "(?::(?P<port>[1-9][0-9]{0,4}))?"
_DOMAIN = re.compile(rf"(?P<host>{_LABEL}(?:\.{_LABEL})*){_PORT}")
_LOOPBACK = re.compile(rf"http://(?P<host>localhost|\[::1\]|127(?:\.[0-9]{{1,3}}){{3}}){_PORT}")
_NUMBER = re.compile("[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class AllowedIssuer:
    """`url` is compared with `iss` and ends with a slash; `domain` is its `host[:port]`, in lower case."""

    url: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> "AllowedIssuer":
        """A bare domain (`tenant.eu.auth0.com`, spoken to by https) or, on this machine only, `http://host[:port]`.

        Raises ValueError for anything else: other schemes and addresses, user information, paths, queries,
        ports out of range, non-ASCII names (write them as `xn--...`).
        """
        lowered = text.lower() if text.isascii() else ""
        if match := _LOOPBACK.fullmatch(lowered):
            scheme, valid = "http", _is_loopback(match["host"])
        elif match := _DOMAIN.fullmatch(lowered):
            scheme, valid = "https", _is_name(match["host"])
        else:
            raise _not_an_issuer(text)
        if not valid or int(match["port"] or 1) > 65535:
            raise _not_an_issuer(text)
        domain = lowered.removeprefix("http://")
        return cls(f"{scheme}://{domain}/", domain)

    def is_named(self, claim: str) -> bool:
        """Does a caller mean this issuer? By `host[:port]`, or by the whole URL where it is plain http."""
        if not claim.isascii():  # lower() turns some other letters into ASCII ones
            return False
        name = claim.lower()
        return name == self.domain or (self.url.startswith("http:") and f"{name}/" == self.url)


def _is_loopback(host: str) -> bool:
    if not host.startswith("127"):
        return True
    try:
        return IPv4Address(host).is_loopback
    except ValueError:
        return False


def _is_name(host: str) -> bool:
    # Resolvers read a host whose last label is a number as an address, in many notations.
    return len(host) <= 253 and not _NUMBER.fullmatch(host.rsplit(".", 1)[-1])


def _not_an_issuer(text: str) -> ValueError:
    return ValueError(
        f"{text[:100]!a} does not name an issuer: write a bare domain such as tenant.eu.auth0.com, "
        "or http://host:port for a host on this machine (localhost, 127.0.0.1, [::1])"
    )

"""Who is at the other end of the connection; forwarding headers are believed only from trusted proxies."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from entrypoints.http.asgi import ReadScope, headers_named

Address: TypeAlias = IPv4Address | IPv6Address
Networks: TypeAlias = Sequence[IPv4Network | IPv6Network]
UNKNOWN = "0.0.0.0"  # noqa: S104 - the wire's word for an unknown client, not an address to bind


def client_address(scope: ReadScope, trusted: Networks) -> str:
    """The client's address as text: the peer's, or behind trusted proxies the last one that no proxy of ours has.

    Always an address, `0.0.0.0` where there is none: it goes into SQL and logs (D17).
    """
    peer = _parsed(scope["client"][0]) if scope.get("client") else None
    if peer is None:
        return UNKNOWN
    if trusted and _is_in(peer, trusted):
        return _text(_forwarded(scope, trusted) or peer)
    return _text(peer)


def _forwarded(scope: ReadScope, trusted: Networks) -> Address | None:
    chain = headers_named(scope, b"x-forwarded-for")
    if not chain:
        # Whoever appends to the chain passes this one on as the client sent it, so it counts only alone.
        single = headers_named(scope, b"cf-connecting-ip")
        return _parsed(single[0].decode("latin-1")) if len(single) == 1 else None
    for hop in reversed(b",".join(chain).decode("latin-1").split(",")):
        address = _parsed(hop)
        if address is None:
            return None
        if not _is_in(address, trusted):
            return address
    return None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return None if isinstance(address, IPv6Address) and address.scope_id else address


_text = lru_cache(maxsize=4096)(str)
"""Writing an address costs more than looking one up."""


def _is_in(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks if network.version == address.version)

"""Sockets to listen on."""

import os
import socket
from collections.abc import Sequence


class CannotListen(Exception):
    """The address cannot be listened on; the text says which and why."""


def bind(host: str, port: int, *, shared: bool = False) -> list[socket.socket]:
    """Bound, not yet listening sockets: one for each address that `host` means. Port 0 is any free one.

    `shared`: other processes of this user may bind the same port too, and the kernel spreads connections evenly
    over all that listen (SO_REUSEPORT). Still refused when a stranger has the port.

    Raises CannotListen.
    """
    addresses = _resolve(host, port)
    if shared and port:
        close(_bind_all(addresses, host, port, shared=False))
    return _bind_all(addresses, host, port, shared=shared)


def url_of(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def close(sockets: Sequence[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


def _resolve(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CannotListen(f"Cannot listen on {host}:{port}: {_reason(error)}") from error
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _bind_all(addresses: Sequence[Address], host: str, port: int, *, shared: bool) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    try:
        for family, address in addresses:
            sockets.append(sock := socket.socket(family, socket.SOCK_STREAM))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setblocking(False)
            sock.bind(address)
    except OSError as error:
        close(sockets)
        raise CannotListen(f"Cannot listen on {host}:{port}: {_reason(error)}") from error
    return sockets


def _reason(error: OSError | UnicodeError) -> str:
    code = error.errno if isinstance(error, OSError) else None
    if code is not None and not isinstance(error, socket.gaierror):
        return os.strerror(code).lower()
    return str(error.args[-1]) if error.args else "no such address"

"""Sockets to listen on."""

import os
import socket
from collections.abc import Sequence

_SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


class CannotListen(Exception):
    """The address cannot be listened on; the text says which and why."""


def bind(host: str, port: int, *, shared: bool = False) -> list[socket.socket]:
    """Bound, not yet listening sockets: one for each address that `host` means. Port 0 is any free one.

    `shared`: other processes of this user may bind the same port too (SO_REUSEPORT).

    Raises CannotListen.
    """
    sockets: list[socket.socket] = []
    try:
        for family, address in _resolve(host, port):
            sockets.append(_bind(family, address, shared=shared))
    except (OSError, UnicodeError) as error:
        close(sockets)
        raise CannotListen(f"Cannot listen on {host}:{port}: {_reason(error)}") from error
    return sockets


class SharedAddress:
    """An address on which several processes listen, each with sockets of its own.

    The kernel then spreads connections evenly over them. On one socket that all inherit, whichever process wakes
    first takes all that wait: of 32 connections opened at once, one of two processes got 29 to 32.
    """

    def __init__(self, host: str, port: int) -> None:
        """Raises CannotListen, also when another program of this user shares the port already."""
        if port:
            close(bind(host, port))
        self._reserved = bind(host, port, shared=True)

    @property
    def urls(self) -> list[str]:
        return [url_of(sock) for sock in self._reserved]

    def sockets(self) -> list[socket.socket]:
        """Sockets for one more process."""
        return [_bind(sock.family, sock.getsockname(), shared=True) for sock in self._reserved]

    def close(self) -> None:
        close(self._reserved)


def url_of(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def close(sockets: Sequence[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


def _resolve(host: str, port: int) -> list[tuple[int, _SocketAddress]]:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _bind(family: int, address: _SocketAddress, *, shared: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, socket.gaierror) or not isinstance(error, OSError) or error.errno is None:
        return str(error.args[-1]) if error.args else "no such address"
    return os.strerror(error.errno).lower()

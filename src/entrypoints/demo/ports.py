"""Free ports on the loopback interface."""

import socket

LOOPBACK = "127.0.0.1"


def free_socket(port: int = 0, host: str = LOOPBACK) -> socket.socket:
    """A socket bound to `port` on the loopback interface (0: any free one), not yet listening.

    Hand the socket on rather than its number: nobody else can take the port in between.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def free_port() -> int:
    """A port number that was free a moment ago, for programs that cannot take over a socket."""
    with free_socket() as sock:
        return port_of(sock)


def port_of(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


def origin_of(sock: socket.socket) -> str:
    """The `http://` origin under which a server on this socket is reached."""
    return f"http://{LOOPBACK}:{port_of(sock)}"

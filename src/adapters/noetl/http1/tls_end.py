import asyncio
import ssl


def tls_ended(transport: asyncio.BaseTransport) -> bool:
    """At the end of input: whether the peer itself ended the TLS connection (RFC 9112, 9.8). True without TLS.

    Anybody on the way can end a TCP connection, and asyncio reports both ends alike. The TLS layer knows: reading
    gives nothing after the peer's close_notify, and an error without it.
    """
    tls = transport.get_extra_info("ssl_object")
    if tls is None:
        return True
    try:
        return not tls.read(1)
    except ssl.SSLError:
        return False

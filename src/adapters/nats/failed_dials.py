"""Why a server could not be connected to, for an operator, without secrets."""

import ssl

from adapters.nats.tls_files import TlsFilesUnusable

_ONE_SIDE_FIRST = "; perhaps only one side begins with the TLS handshake"
_CERTIFICATE_WANTED = "; perhaps it wants a client certificate, or another one"
_REFUSED_IDENTITY = ("CERTIFICATE", "UNKNOWN_CA")


def reason_of(error: BaseException, *, silent: bool = False, encrypted: bool = False) -> str:
    """`silent`: the server took the connection and has said nothing. `encrypted`: TLS was there already."""
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {_of_tls(error)}"
    if isinstance(error, TlsFilesUnusable):
        return str(error)
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, TimeoutError):
        return f"no answer in time{_ONE_SIDE_FIRST if silent else ''}"
    if isinstance(error, ImportError):
        return "a credentials file needs the package nkeys"
    if isinstance(error, FileNotFoundError | PermissionError):
        return "a credentials file cannot be read"
    if isinstance(error, ConnectionError):
        return f"the server ended the connection{_CERTIFICATE_WANTED if encrypted else ''}"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return _from_server(str(error), silent) or type(error).__name__


def _of_tls(error: ssl.SSLError) -> str:
    reason = error.reason or type(error).__name__
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not accepted ({error.verify_message.rstrip('.')})"
    if "ALERT_CERTIFICATE_REQUIRED" in reason:
        return f"the server wants a client certificate ({reason})"
    if "ALERT" in reason and any(word in reason for word in _REFUSED_IDENTITY):
        return f"the server does not accept the client certificate ({reason})"
    if reason == "WRONG_VERSION_NUMBER":
        return f"the server does not begin with the TLS handshake ({reason})"
    return reason


def _from_server(text: str, silent: bool) -> str | None:
    lowered = text.lower()
    if "authorization violation" in lowered or "authentication" in lowered:
        return "the server refuses the credentials"
    if "does not offer tls" in lowered:
        return "the server does not offer TLS, which the URL demands"
    if "maximum connections" in lowered:
        return "the server has no room for another connection"
    if silent and "empty response" in lowered:
        return f"the server ended the connection without a word{_ONE_SIDE_FIRST}"
    return None

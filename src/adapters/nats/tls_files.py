"""The certificates of a TLS connection, read anew for each: they are renewed under the same names."""

import ssl
from dataclasses import dataclass, field


class TlsFilesUnusable(Exception):
    """The text says which and why, for an operator, without what is in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Paths of PEM files. Without `authorities` those of the system count; `key` may be in the file `certificate`."""

    authorities: str | None = None
    certificate: str | None = None
    key: str | None = field(default=None, repr=False)

    @property
    def are_named(self) -> bool:
        return self.authorities is not None or self.certificate is not None

    def context(self) -> ssl.SSLContext:
        """For one connection. It blocks. Raises TlsFilesUnusable."""
        try:
            context = ssl.create_default_context(cafile=self.authorities)
        except OSError as error:
            raise TlsFilesUnusable(f"the file of TLS authorities {_why(error)}") from error
        if self.certificate is not None:
            try:
                # With no password given, an encrypted key would make OpenSSL ask for one on the terminal.
                context.load_cert_chain(self.certificate, self.key, password="")
            except (OSError, ValueError) as error:
                raise TlsFilesUnusable(f"the TLS client certificate or its key {_why(error)}") from error
        return context


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"cannot be used ({error.reason or 'no PEM'})"
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror or type(error).__name__})"
    return "cannot be used"

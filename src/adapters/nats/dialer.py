"""Reaches one of the configured or discovered servers."""

import asyncio
import logging
import re
import ssl

from nats import errors

from adapters.nats.client import OneConnection
from adapters.nats.failed_dials import reason_of
from adapters.nats.link import Link
from adapters.nats.options import NatsOptions
from adapters.nats.servers import ServerAddress, parse_servers
from adapters.nats.tls_files import TlsFiles, TlsFilesUnusable
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)
_DENIED = re.compile(r"permissions violation for (\w+)(?: to)? \"([^.\"]+(?:\.[^.\"]+)?)", re.IGNORECASE)
_FAILURES = (
    errors.Error,
    OSError,
    TimeoutError,
    StoreUnavailable,
    TlsFilesUnusable,
    ImportError,
    ValueError,
)


class CannotConnect(Exception):
    """The text says why, for an operator, without secrets."""


class Dialer:
    """Takes the servers in turn."""

    def __init__(self, options: NatsOptions) -> None:
        self._options = options
        self._configured = parse_servers(options.url, options.username, options.password)
        self._servers = list(self._configured)
        self._turn = 0
        self._tls_files = TlsFiles(
            authorities=options.tls_ca_file, certificate=options.tls_certificate_file, key=options.tls_key_file
        )
        self.denied: str | None = None

    @property
    def full_round(self) -> bool:
        """Has every server had its turn?"""
        return self._turn % len(self._servers) == 0

    async def dial(self) -> Link:
        """Raises CannotConnect."""
        server = self._servers[self._turn % len(self._servers)]
        self._turn += 1
        client = OneConnection(require_tls=self._demands_tls(server))
        link = Link(client, self._options.request_timeout)
        try:
            async with asyncio.timeout(2 * self._options.connect_timeout):
                await self._connect(client, server, link)
                await link.open()
        except _FAILURES as error:
            reason = reason_of(client.last_cause or error, silent=client.heard_nothing, encrypted=client.is_encrypted)
            await client.dismiss(self._options.closing_patience)
            raise CannotConnect(f"NATS at {server}: {reason}") from error
        except BaseException:
            await client.dismiss(self._options.closing_patience)
            raise
        self._turn -= 1  # a server that works is the first to be asked again
        self._discover(client, server)
        return link

    async def _connect(self, client: OneConnection, server: ServerAddress, link: Link) -> None:
        async def closed() -> None:
            link.mark_lost("closed")

        async def failed(error: Exception) -> None:
            self._note(client, error)

        options = self._options
        await client.connect(
            servers=[server.url],
            name=options.name,
            error_cb=failed,
            closed_cb=closed,
            disconnected_cb=closed,
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=options.connect_timeout,  # type: ignore[arg-type]  # any number of seconds will do
            ping_interval=3600,  # Link.watch pings
            pending_size=0,  # nothing is buffered for a connection that is not there
            drain_timeout=options.closing_patience,  # type: ignore[arg-type]
            user=server.user,
            password=server.password,
            token=server.token,
            user_credentials=options.credentials_file,
            tls=await self._tls_context(server),
            tls_hostname=self._configured[0].host if server not in self._configured else None,
            tls_handshake_first=options.tls_handshake_first,
        )

    def _demands_tls(self, server: ServerAddress) -> bool:
        return server.tls or self._tls_files.are_named or self._options.tls_handshake_first

    async def _tls_context(self, server: ServerAddress) -> ssl.SSLContext | None:
        return await asyncio.to_thread(self._tls_files.context) if self._demands_tls(server) else None

    def _note(self, client: OneConnection, error: Exception) -> None:
        """Nothing of an error's own text is logged: it names subjects, and those may hold tokens."""
        client.last_cause = error
        if denied := _DENIED.search(str(error)):
            self.denied = f"the NATS user may not {denied[1]} on {denied[2]}.*"
            log.error("%s", self.denied)
        else:
            log.info("NATS connection: %s", reason_of(error))

    def _discover(self, client: OneConnection, server: ServerAddress) -> None:
        known = list(self._configured)
        for found in client.discovered_servers:
            if found.hostname:
                other = server.at(found.hostname, found.port)
                if all((other.host, other.port) != (one.host, one.port) for one in known):
                    known.append(other)
        self._turn = known.index(server) if server in known else 0
        self._servers = known

import asyncio
import logging
import ssl

from adapters.noetl.http1.connection import Connection, ConnectionOwner
from adapters.noetl.http1.connection_watch import ConnectionWatch
from adapters.noetl.http1.limits import ConnectionLimits
from adapters.noetl.http1.origin import Origin
from domain.errors import UpstreamTimedOut, UpstreamUnreachable

logger = logging.getLogger(__name__)

_MOST_PER_READ = 65536


class Connector:
    """Opens connections; `timeout` in seconds covers name resolution, TCP and TLS together."""

    def __init__(
        self,
        watch: ConnectionWatch,
        limits: ConnectionLimits,
        *,
        timeout: float,
        ssl_context: ssl.SSLContext | None,
    ) -> None:
        self._watch = watch
        self._limits = limits
        self._timeout = timeout
        self._ssl_context = ssl_context
        self._receive_buffer = memoryview(bytearray(_MOST_PER_READ))

    async def open(self, origin: Origin, owner: ConnectionOwner) -> Connection:
        """Raises:
        UpstreamTimedOut: not connected in time.
        UpstreamUnreachable: refused, unknown name, or TLS failed.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return await self._open(origin, owner)
        except TimeoutError as error:
            logger.warning("no connection to %s within %s s", origin, self._timeout)
            raise UpstreamTimedOut from error
        except (OSError, UnicodeError) as error:
            logger.warning("no connection to %s: %s", origin, error)
            raise UpstreamUnreachable from error

    async def _open(self, origin: Origin, owner: ConnectionOwner) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: Connection(
                owner,
                self._limits,
                on_lost=self._watch.discard,
                time=loop.time,
                receive_buffer=self._receive_buffer,
            ),
            origin.host,
            origin.port,
            ssl=await self._context() if origin.tls else None,
            server_hostname=origin.host if origin.tls else None,
        )
        if not connection.closed:
            self._watch.add(connection)
        return connection

    async def _context(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            # Reads the system's certificates, which takes tens of milliseconds.
            self._ssl_context = await asyncio.to_thread(_default_context)
        return self._ssl_context


def _default_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context

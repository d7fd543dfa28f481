"""The simulated server's connection to NATS: it must stand at the start, and heals by itself later."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import nats.errors
from nats.aio.client import Client

_log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def connected(client: Client, url: str, *, timeout: float = 5.0) -> AsyncIterator[Client]:
    """Connects `client` for the life of the block.

    Raises `ConnectionError` when there is no NATS at `url` within `timeout` seconds.
    """
    try:
        async with asyncio.timeout(timeout):
            await client.connect(
                url,
                name="simulated-noetl",
                connect_timeout=2,
                reconnect_time_wait=1,
                max_reconnect_attempts=-1,
                error_cb=_log_error,
            )
    except (nats.errors.Error, OSError, TimeoutError) as exc:
        await client.close()
        raise ConnectionError("no NATS where the simulated server was told to find it") from exc
    try:
        yield client
    finally:
        await client.close()


async def _log_error(error: Exception) -> None:
    _log.warning("NATS: %r", error)

"""Runs an ASGI application with uvicorn inside the current event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Literal

import uvicorn

from entrypoints.demo.ports import origin_of


class ServerStartError(Exception):
    """The application failed in its start-up phase, or the deadline passed."""


class _EmbeddedServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would take over SIGINT and SIGTERM of the whole process; here the caller owns them.
        yield


@contextlib.asynccontextmanager
async def serve(
    app: Callable[..., Awaitable[None]],
    sock: socket.socket,
    *,
    lifespan: Literal["auto", "on", "off"] = "auto",
    start_timeout: float = 10.0,
    stop_timeout: int = 2,
) -> AsyncIterator[str]:
    """Serve `app` on `sock` for the life of the block, which receives the server's `http://` origin.

    Takes over the socket. Requests that are still open `stop_timeout` seconds after the end are cut.
    Raises `ServerStartError` when the application does not come up within `start_timeout` seconds.
    """
    origin = origin_of(sock)
    config = uvicorn.Config(
        app, lifespan=lifespan, log_config=None, access_log=False, timeout_graceful_shutdown=stop_timeout
    )
    server = _EmbeddedServer(config)
    task = asyncio.create_task(_run(server, sock), name=f"serve {origin}")
    try:
        await _wait_until_started(server, task, start_timeout)
        yield origin
    finally:
        await _stop(server, task, stop_timeout)
        sock.close()


async def _run(server: uvicorn.Server, sock: socket.socket) -> None:
    try:
        await server.serve(sockets=[sock])
    except SystemExit as exc:
        # uvicorn leaves by sys.exit() when the lifespan fails; in a task that would tear down the event loop.
        raise ServerStartError("the application failed in its start-up phase") from exc


async def _wait_until_started(server: uvicorn.Server, task: "asyncio.Task[None]", timeout: float) -> None:
    try:
        async with asyncio.timeout(timeout):
            while not server.started:
                if task.done():
                    await task
                    raise ServerStartError("the server ended before it had started")
                await asyncio.sleep(0.005)
    except TimeoutError as exc:
        raise ServerStartError(f"the application was not up after {timeout:g} s") from exc


async def _stop(server: uvicorn.Server, task: "asyncio.Task[None]", timeout: float) -> None:
    server.should_exit = True
    if not server.started:
        task.cancel()
    try:
        await asyncio.wait({task}, timeout=timeout + 5.0)
    finally:
        task.cancel()
    if not task.done():
        raise TimeoutError("the server did not end in time")
    if not task.cancelled() and (error := task.exception()) and not isinstance(error, ServerStartError):
        raise error

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.integration.nats.authorities import Authority
from tests.integration.nats.gateways import Gateway, gateway
from tests.integration.nats.nats_replicas import NatsReplicas, nats_replicas
from tests.integration.nats.servers import NatsServer, eventually
from tests.integration.nats.tls_servers import StartTlsServer, configured

from adapters.nats.connection import NatsConnection
from adapters.nats.options import NatsOptions, NatsStorage


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., NatsServer]]:
    """Starts servers; arguments are nats-server's own."""
    servers: list[NatsServer] = []

    def make(*arguments: str, jetstream: bool = True) -> NatsServer:
        directory = tmp_path / f"server-{len(servers)}"
        directory.mkdir()
        servers.append(NatsServer(directory, *arguments, jetstream=jetstream))
        servers[-1].start()
        return servers[-1]

    yield make
    for server in servers:
        server.thaw()
        server.kill()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def foreign(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "foreign")


@pytest.fixture
def start_tls_server(make_server: Callable[..., NatsServer], authority: Authority, tmp_path: Path) -> StartTlsServer:
    async def start(*lines: str, users: str = "") -> NatsServer:
        started = make_server("-c", str(configured(tmp_path, authority.issue("server"), *lines, users=users)))
        await started.answering()
        return started

    return start


@pytest.fixture
async def server(make_server: Callable[..., NatsServer]) -> NatsServer:
    """Not shared: its streams are its test's alone."""
    started = make_server()
    await started.answering()
    return started


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Awaitable[NatsConnection]]]:
    """Makes opened, impatient connections and closes them after the test."""
    async with AsyncExitStack() as stack:

        async def make(url: str) -> NatsConnection:
            options = NatsOptions(
                url=url, request_timeout=1.0, ping_interval=0.3, ping_timeout=0.3, longest_backoff=0.3
            )
            return await stack.enter_async_context(NatsConnection(options))

        yield make


@pytest.fixture
async def connection(server: NatsServer, connect: Callable[..., Awaitable[NatsConnection]]) -> NatsConnection:
    return await connect(server.url)


@pytest.fixture
async def make_gateway(server: NatsServer) -> AsyncIterator[Callable[..., Awaitable[Gateway]]]:
    async with AsyncExitStack() as stack:

        async def make(storage: NatsStorage | None = None, **options: Any) -> Gateway:
            made = await stack.enter_async_context(gateway(server.url, storage, **options))
            await eventually(made.sees_everything)
            return made

        yield make


@pytest.fixture
async def replicas(server: NatsServer) -> AsyncIterator[NatsReplicas]:
    async with nats_replicas(server) as both:
        yield both


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.integration)

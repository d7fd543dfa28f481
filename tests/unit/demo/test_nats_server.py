import os
from pathlib import Path

import nats
import pytest

from entrypoints.demo.nats_binary import nats_binary
from entrypoints.demo.nats_server import NatsServer, NatsStartError
from entrypoints.demo.ports import free_socket, port_of

pytestmark = pytest.mark.integration


def test_the_binary_of_the_wheel_is_found() -> None:
    assert os.access(nats_binary(), os.X_OK)


async def test_a_crash_and_a_restart_keep_port_and_store() -> None:
    async with NatsServer() as server:
        connection = await nats.connect(server.url, allow_reconnect=False)
        bucket = await connection.jetstream().create_key_value(bucket="kept")
        await bucket.put("key", b"value")
        await connection.close()
        await server.kill()
        assert not server.is_running
        assert await server.exited() == -9
        await server.start()
        connection = await nats.connect(server.url, allow_reconnect=False)
        kept = await connection.jetstream().key_value("kept")
        assert (await kept.get("key")).value == b"value"
        await connection.close()


async def test_a_given_store_outlives_the_server(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path) as server:
        connection = await nats.connect(server.url, allow_reconnect=False)
        await connection.jetstream().create_key_value(bucket="kept")
        await connection.close()
    assert (tmp_path / "jetstream").is_dir()


async def test_further_configuration_is_heard() -> None:
    async with NatsServer(in_memory=True, config="max_payload: 4242") as server:
        connection = await nats.connect(server.url, allow_reconnect=False)
        assert connection.max_payload == 4242
        await connection.close()


async def test_a_taken_port_is_told() -> None:
    with free_socket() as taken:
        taken.listen()
        with pytest.raises(NatsStartError):
            async with NatsServer(port=port_of(taken)):
                pass


async def test_wrong_configuration_is_told_with_the_log() -> None:
    with pytest.raises(NatsStartError, match="Parse error"):
        async with NatsServer(config="nonsense {"):
            pass

"""Permissions, credentials, and what is never sent or shown."""

import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import nkeys
import pytest
from tests.integration.nats.fake_server import FakeServer, fake_server
from tests.integration.nats.servers import NatsServer, eventually

from adapters.nats.connection import NatsConnection
from adapters.nats.options import NatsOptions
from domain.errors import StoreUnavailable

MakeServer = Callable[..., NatsServer]
TOKEN = "46d43dee4e2c3a47af4b75c00a048713"


async def test_where_tls_is_demanded_nothing_is_said_in_the_clear() -> None:
    async with fake_server(FakeServer()) as server:
        url = server.url.replace("nats://", "tls://me:secret@")
        async with NatsConnection(NatsOptions(url=url)) as connection:
            assert "does not offer TLS" in str(connection.trouble())
            await eventually(lambda: server.connected >= 2)
        assert server.received == b""


async def test_what_the_user_may_not_do_shows_without_the_token_in_the_subject(
    make_server: MakeServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    configuration = tmp_path / "nats.conf"
    configuration.write_text(
        'authorization { users = [{ user: u, password: p, permissions: { publish: { deny: ["$KV.sessions.>"] } } }] }'
    )
    server = make_server("-c", str(configuration))
    await server.answering()
    options = NatsOptions(url=f"nats://u:p@127.0.0.1:{server.port}", request_timeout=0.2)
    async with NatsConnection(options) as connection:
        with pytest.raises(StoreUnavailable):
            await connection.request(f"$KV.sessions.{TOKEN}", b"{}")
        await eventually(lambda: "may not publish" in str(connection.trouble()))
        shown = str(connection.trouble()) + caplog.text

    assert "$kv.sessions" in shown.lower()
    assert TOKEN not in shown


async def test_a_refused_credentials_file_is_reported_without_what_is_in_it(
    make_server: Callable[..., NatsServer], tmp_path: Path
) -> None:
    seed = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
    known = nkeys.from_seed(seed).public_key.decode()
    configuration = tmp_path / "nats.conf"
    configuration.write_text(f"authorization {{ users = [{{ nkey: {known} }}] }}")
    credentials = tmp_path / "user.creds"
    credentials.write_text(
        "-----BEGIN NATS USER JWT-----\nsecret\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{seed.decode()}\n------END USER NKEY SEED------\n"
    )
    server = make_server("-c", str(configuration))
    await server.answering()

    async with NatsConnection(NatsOptions(url=server.url, credentials_file=str(credentials))) as connection:
        await eventually(lambda: connection.trouble() not in (None, "NATS is not connected yet"))
        assert not {"secret", seed.decode()} & set(str(connection.trouble()).split())


async def test_what_was_published_right_before_closing_still_arrives(
    server: NatsServer, connect: Callable[[str], Awaitable[NatsConnection]]
) -> None:
    heard: list[bytes] = []
    listening = await connect(server.url)
    await listening.subscribe("last.words", lambda message: heard.append(message.data))
    await listening.link.settle()
    async with NatsConnection(NatsOptions(url=server.url)) as leaving:
        for number in range(100):
            await leaving.publish("last.words", b"%d" % number)

    await eventually(lambda: len(heard) == 100)

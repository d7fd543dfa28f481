"""The simulated server on a real NATS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from tests.unit.demo.captures import capture
from tests.unit.demo.noetl_client import AUTH, AUTH0_DOMAIN, NoetlClient, unsigned_token
from tests.unit.demo.shapes import shape
from tests.unit.demo.transports import asgi_transport

from entrypoints.demo.nats_server import NatsServer
from entrypoints.demo.noetl.nats_link import connected
from entrypoints.demo.noetl.server import SimulatedNoetl

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
async def nats_url() -> AsyncIterator[str]:
    async with NatsServer(in_memory=True) as server:
        yield server.url


@pytest.fixture
async def listener(nats_url: str) -> AsyncIterator[Client]:
    connection = await nats.connect(nats_url, connect_timeout=2)
    yield connection
    await connection.close()


@asynccontextmanager
async def simulated(**options: Any) -> AsyncIterator[NoetlClient]:
    async with SimulatedNoetl(**options) as server:
        transport = asgi_transport(server)
        async with httpx.AsyncClient(transport=transport, base_url="http://noetl") as http:
            yield NoetlClient(http, server)


async def collect(listener: Client, subject: str) -> list[Msg]:
    messages: list[Msg] = []

    async def keep(message: Msg) -> None:
        messages.append(message)

    await listener.subscribe(subject, cb=keep)
    await listener.flush()
    return messages


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def test_events_are_published_under_the_recorded_subjects(nats_url: str, listener: Client) -> None:
    messages = await collect(listener, "noetl.events.>")
    async with simulated(nats_url=nats_url) as client:
        execution = await client.run("demo/quick")
        await until(lambda: len(messages) >= len(execution.events))
    recorded = capture("nats_events_hello_world")[0]
    subject = recorded["subject"].replace(str(recorded["payload"]["execution_id"]), str(execution.execution_id))
    assert {message.subject for message in messages} == {subject}
    assert {message.headers for message in messages} == {recorded["headers"]}
    assert [msgspec.json.decode(message.data) for message in messages] == execution.events


async def test_events_can_go_out_under_the_subjects_of_the_rust_server(nats_url: str, listener: Client) -> None:
    messages = await collect(listener, "noetl.events.playbook.completed")
    async with simulated(nats_url=nats_url) as client:
        client.server.faults.event_type_subjects = True
        execution = await client.run("demo/quick")
        await until(lambda: messages)
    assert msgspec.json.decode(messages[0].data)["execution_id"] == execution.execution_id


async def test_events_are_kept_where_a_stream_was_asked_for(nats_url: str, listener: Client) -> None:
    async with simulated(nats_url=nats_url, event_stream=True) as client:
        execution = await client.run("demo/quick")
    stream = listener.jetstream(timeout=2)
    async with asyncio.timeout(5):
        while (await stream.stream_info("NOETL_EVENTS")).state.messages < len(execution.events):
            await asyncio.sleep(0.01)
    await stream.delete_stream("NOETL_EVENTS")


async def test_a_login_writes_the_session_as_recorded(nats_url: str, listener: Client) -> None:
    stream = listener.jetstream(timeout=2)
    bucket = await stream.create_key_value(bucket="sessions")
    workload = {"auth0_token": unsigned_token(), "auth0_domain": AUTH0_DOMAIN}
    async with simulated(nats_url=nats_url) as client:
        await client.run(f"{AUTH}/auth0_login", workload)
        (token,) = await bucket.keys()
        entry = await bucket.get(token)
    recorded = next(iter(capture("kv_sessions_after_login")["entries"].values()))["value"]
    value = msgspec.json.decode(entry.value or b"")
    assert shape(value) == shape(recorded)
    assert value["session_token"] == token
    assert len(token) == len(recorded["session_token"])
    await stream.delete_key_value("sessions")


async def test_a_login_without_bucket_still_logs_in(nats_url: str) -> None:
    workload = {"auth0_token": unsigned_token(), "auth0_domain": AUTH0_DOMAIN}
    async with simulated(nats_url=nats_url) as client:
        execution = await client.run(f"{AUTH}/auth0_login", workload)
        assert client.server.accounts.account("alice@example.com").user_id == 1
    assert execution.state == "COMPLETED"


async def test_a_missing_nats_is_told_at_the_start() -> None:
    with pytest.raises(ConnectionError):
        async with connected(Client(), "nats://127.0.0.1:1", timeout=0.2):
            pass

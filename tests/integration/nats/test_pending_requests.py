"""Pending requests in the bucket that the former gateway used: the cost of lookups, and what is in the keys."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from tests.contracts.given import a_client_id, a_request, an_execution_id
from tests.integration.nats.gateways import Gateway

from adapters.nats.options import NatsStorage
from domain.callbacks import PendingRequest
from domain.clients import ClientId

MakeGateway = Callable[..., Awaitable[Gateway]]


class Sent:
    """The subjects of everything that a gateway sends to NATS."""

    def __init__(self, gateway: Gateway) -> None:
        self.subjects: list[str] = []
        client = gateway.connection.link.client
        self._publish = client.publish
        client.publish = self._spy  # type: ignore[method-assign]

    async def _spy(
        self, subject: str, payload: bytes = b"", reply: str = "", headers: dict[str, str] | None = None
    ) -> None:
        self.subjects.append(subject)
        await self._publish(subject, payload, reply, headers)

    async def during(self, call: Awaitable[object]) -> int:
        self.subjects.clear()
        await call
        return len(self.subjects)


async def keys(gateway: Gateway) -> dict[str, bytes]:
    records = await gateway.pending._bucket.read_all([">"])
    return {record.key: record.value for record in records if not record.deleted}


async def fill(gateway: Gateway, number: int, client_id: ClientId) -> None:
    """So many requests of others, and a few of the client."""
    for start in range(0, number, 200):
        requests = [a_request(execution_id=an_execution_id()) for _ in range(min(200, number - start))]
        await asyncio.gather(*(gateway.pending.add(request) for request in requests))
    for _ in range(3):
        await gateway.pending.add(a_request(client_id, an_execution_id()))


async def costs(gateway: Gateway, client_id: ClientId) -> dict[str, int]:
    """Messages sent for each kind of access to a new request."""
    sent, request, execution_id = Sent(gateway), a_request(client_id), an_execution_id()
    started = request.started(execution_id, 1.0)
    pending = gateway.pending
    return {
        "add": await sent.during(pending.add(request)),
        "save": await sent.during(pending.save(started)),
        "get": await sent.during(pending.get(request.request_id)),
        "of_execution": await sent.during(pending.of_execution(execution_id)),
        "of_unknown_execution": await sent.during(pending.of_execution(an_execution_id())),
        "of_client": await sent.during(pending.of_client(client_id)),
        "answered": await sent.during(pending.save(replace(started, answered=True))),
        "discard": await sent.during(pending.discard(started)),
    }


async def test_an_access_costs_the_same_however_many_are_pending(make_gateway: MakeGateway) -> None:
    here, client_id = await make_gateway(), a_client_id()
    await fill(here, 0, client_id)
    few = await costs(here, client_id)
    await fill(here, 10_000, client_id)
    many = await costs(here, client_id)

    assert few == many
    assert many == {
        "add": 1,
        "save": 3,
        "get": 1,
        "of_execution": 2,
        "of_unknown_execution": 1,
        "of_client": 2,
        "answered": 3,
        "discard": 3,
    }
    assert here.connection.trouble() is None
    state = json.loads((await here.connection.request("$JS.API.STREAM.INFO.KV_requests")).data)["state"]
    assert state["consumer_count"] == 0
    assert state["messages"] > 30_000


async def test_a_client_with_more_requests_than_one_read_returns_gets_them_all(
    make_gateway: MakeGateway,
) -> None:
    here, client_id = await make_gateway(), a_client_id()
    requests = [a_request(client_id, an_execution_id(), created_at=number) for number in range(1100)]
    for start in range(0, 1100, 220):
        await asyncio.gather(*(here.pending.add(request) for request in requests[start : start + 220]))

    assert list(await here.pending.of_client(client_id)) == requests


async def test_the_record_and_its_pointers_have_the_agreed_keys(make_gateway: MakeGateway) -> None:
    here, client_id = await make_gateway(), a_client_id()
    request = a_request(client_id, "766633604884463618")
    await here.pending.add(replace(request, execution_id=""))
    await here.pending.save(request)

    assert set(await keys(here)) == {
        request.request_id,
        f"x.766633604884463618.{request.request_id}",
        f"c.{client_id}.{request.request_id}",
    }
    for value in (await keys(here)).values():
        assert isinstance(json.loads(value), dict)  # the former gateway's scan meets them too

    await here.pending.save(replace(request, answered=True))
    assert f"c.{client_id}.{request.request_id}" not in await keys(here)
    await here.pending.discard(request)
    assert await keys(here) == {}


async def test_a_request_of_the_former_gateway_is_known(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    request_id = "b36f4f73-fa03-4953-8e0e-2e2698559f28"
    value = b'{"client_id":"c","session_token":"","execution_id":"1","playbook_path":"p","created_at":5}'
    await here.connection.request(f"$KV.requests.{request_id}", value)

    request = await here.pending.get(request_id)

    assert request == PendingRequest(
        request_id=request_id, client_id="c", user_id=0, playbook_path="p", created_at=5, execution_id="1"
    )
    await here.pending.save(replace(request, answered=True))
    known = await here.pending.get(request_id)
    assert known is not None and known.answered


async def test_what_another_replica_has_written_is_merged_and_not_overwritten(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    request = a_request()
    await here.pending.add(request)  # `here` believes to know what is stored
    await there.pending.save(replace(request, answered=True))

    await here.pending.save(request.started(an_execution_id(), 1.0))

    known = await there.pending.get(request.request_id)
    assert known is not None and known.answered and known.execution_id


async def test_a_request_is_forgotten_after_its_time(make_gateway: MakeGateway) -> None:
    here = await make_gateway(NatsStorage(request_ttl=1.0, duplicate_window=1.0))
    request = a_request(execution_id=an_execution_id())
    await here.pending.add(request)
    await asyncio.sleep(1.5)

    assert await here.pending.get(request.request_id) is None
    assert await here.pending.of_execution(request.execution_id) == []


async def test_an_execution_id_that_cannot_be_part_of_a_key_is_kept(
    make_gateway: MakeGateway,
) -> None:
    """It comes from a worker, which may send anything."""
    here, client_id = await make_gateway(), a_client_id()
    request = a_request(client_id, "strange id >")
    await here.pending.add(request)
    await here.pending.save(request)

    assert await here.pending.get(request.request_id) == request
    assert list(await here.pending.of_client(client_id)) == [request]
    assert list(await here.pending.of_execution(request.execution_id)) == []
    await here.pending.discard(request)


@pytest.mark.parametrize("request_id", ["a.b", ">", "x\r\nPUB y 0", ""])
async def test_a_request_id_that_cannot_be_a_key_is_refused(make_gateway: MakeGateway, request_id: str) -> None:
    here = await make_gateway()
    sent = Sent(here)
    for call in (here.pending.add, here.pending.save, here.pending.discard):
        with pytest.raises(ValueError, match="cannot be part of a key"):
            await call(a_request(request_id=request_id or "\n"))
    assert sent.subjects == []

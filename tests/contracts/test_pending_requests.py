import asyncio
from dataclasses import replace

import pytest
from tests.contracts.given import a_client_id, a_request, an_execution_id
from tests.contracts.replicas import Replicas

from domain.errors import StoreUnavailable


async def test_a_request_is_known_everywhere_before_its_execution_is(replicas: Replicas) -> None:
    client_id = a_client_id()
    request = a_request(client_id)

    await replicas.here.pending.add(request)

    assert await replicas.here.pending.get(request.request_id) == request
    assert await replicas.there.pending.get(request.request_id) == request
    assert list(await replicas.here.pending.of_client(client_id)) == []


async def test_a_started_request_is_found_by_execution_and_by_client(replicas: Replicas) -> None:
    client_id, execution_id = a_client_id(), an_execution_id()
    request = a_request(client_id)
    await replicas.here.pending.add(request)

    await replicas.here.pending.save(request.started(execution_id, 12.5))

    started = request.started(execution_id, 12.5)
    assert await replicas.there.pending.get(request.request_id) == started
    assert list(await replicas.there.pending.of_execution(execution_id)) == [started]
    assert list(await replicas.there.pending.of_client(client_id)) == [started]


async def test_lookups_find_all_and_only_what_they_ask_for(replicas: Replicas) -> None:
    client_id, other_client, execution_id, other_execution = (
        a_client_id(),
        a_client_id(),
        an_execution_id(),
        an_execution_id(),
    )
    first = a_request(client_id, execution_id, created_at=1)
    second = a_request(client_id, other_execution, created_at=2)
    third = a_request(other_client, execution_id, created_at=3)
    for request in (first, second, third):
        await replicas.here.pending.add(replace(request, execution_id=""))
        await replicas.here.pending.save(request)

    assert list(await replicas.here.pending.of_client(client_id)) == [first, second]
    assert list(await replicas.here.pending.of_execution(execution_id)) == [first, third]
    assert list(await replicas.here.pending.of_execution("1")) == []
    assert list(await replicas.here.pending.of_client(a_client_id())) == []


async def test_what_is_over_is_no_longer_listed_for_the_client_but_still_for_the_execution(
    replicas: Replicas,
) -> None:
    client_id, execution_id = a_client_id(), an_execution_id()
    answered = replace(a_request(client_id, execution_id, created_at=1), answered=True)
    ended = replace(a_request(client_id, execution_id, created_at=2), ended=True)
    for request in (answered, ended):
        await replicas.here.pending.add(replace(request, execution_id="", answered=False, ended=False))
        await replicas.here.pending.save(replace(request, answered=False, ended=False))
        await replicas.here.pending.save(request)

    assert list(await replicas.there.pending.of_client(client_id)) == []
    assert list(await replicas.there.pending.of_execution(execution_id)) == [answered, ended]


async def test_an_answer_that_comes_before_the_execution_id_is_remembered(replicas: Replicas) -> None:
    client_id, execution_id = a_client_id(), an_execution_id()
    request = a_request(client_id)
    await replicas.here.pending.add(request)
    await replicas.there.pending.save(replace(request, answered=True))

    await replicas.here.pending.save(request.started(execution_id, 5.0))

    both = replace(request.started(execution_id, 5.0), answered=True)
    assert await replicas.here.pending.get(request.request_id) == both
    assert list(await replicas.there.pending.of_client(client_id)) == []


async def test_writers_at_the_same_time_do_not_undo_each_other(replicas: Replicas) -> None:
    execution_id = an_execution_id()
    request = a_request()
    await replicas.here.pending.add(request)

    await asyncio.gather(
        replicas.here.pending.save(request.started(execution_id, 5.0)),
        replicas.there.pending.save(replace(request, answered=True)),
        replicas.there.pending.save(replace(request, ended=True)),
    )

    everything = replace(request.started(execution_id, 5.0), answered=True, ended=True)
    assert await replicas.here.pending.get(request.request_id) == everything


async def test_a_discarded_request_is_gone(replicas: Replicas) -> None:
    client_id = a_client_id()
    request = a_request(client_id)
    await replicas.here.pending.add(request)

    await replicas.here.pending.discard(request)
    await replicas.here.pending.discard(request)

    assert await replicas.there.pending.get(request.request_id) is None
    assert list(await replicas.there.pending.of_client(client_id)) == []


@pytest.mark.parametrize("hostile", [">", "*", "", "a b", "x\r\nPING", "x" * 5000, "b36f4f73-fa03-*"])
async def test_what_can_be_no_id_finds_nothing(replicas: Replicas, hostile: str) -> None:
    await replicas.here.pending.add(a_request())

    assert await replicas.here.pending.get(hostile) is None
    assert list(await replicas.here.pending.of_execution(hostile)) == []


async def test_an_outage_shows_and_passes(replicas: Replicas) -> None:
    client_id, request = a_client_id(), a_request()
    await replicas.outage()

    for call in (
        replicas.here.pending.add(request),
        replicas.here.pending.save(request),
        replicas.here.pending.discard(request),
        replicas.here.pending.get(request.request_id),
        replicas.here.pending.of_execution("1"),
        replicas.here.pending.of_client(client_id),
    ):
        with pytest.raises(StoreUnavailable):
            await call

    await replicas.recovery()
    await replicas.here.pending.add(request)
    assert await replicas.here.pending.get(request.request_id) == request

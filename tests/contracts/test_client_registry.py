import pytest
from tests.contracts.given import a_client_id
from tests.contracts.replicas import Replicas

from domain.clients import Client, ClientId
from domain.errors import StoreUnavailable
from domain.events import EventId

START = EventId("a1b2c3", 41)


async def test_a_new_client_is_known_everywhere_with_its_user_and_position(replicas: Replicas) -> None:
    client = await replicas.here.clients.open(7, START)

    assert (client.user_id, client.position) == (7, START)
    assert await replicas.here.clients.get(client.client_id) == client
    assert await replicas.there.clients.get(client.client_id) == client


async def test_client_ids_survive_being_written_down(replicas: Replicas) -> None:
    client = await replicas.here.clients.open(7, START)

    assert ClientId.parse(str(client.client_id)) == client.client_id


async def test_no_two_clients_share_an_id_and_none_can_be_guessed(replicas: Replicas) -> None:
    ids = {(await replicas.here.clients.open(7, START)).client_id for _ in range(20)}

    assert len(ids) == 20
    assert all(len(client_id.name) >= 20 for client_id in ids)


async def test_a_client_is_at_home_in_the_process_that_opened_it(replicas: Replicas) -> None:
    here = [await replicas.here.clients.open(7, START) for _ in range(2)]
    there = await replicas.there.clients.open(7, START)

    assert here[0].client_id.home == here[1].client_id.home != there.client_id.home


async def test_an_unknown_client_is_none(replicas: Replicas) -> None:
    assert await replicas.here.clients.get(a_client_id()) is None


async def test_what_a_client_has_reached_is_known_everywhere(replicas: Replicas) -> None:
    client = await replicas.here.clients.open(7, START)
    further = EventId("a1b2c3", 99)

    await replicas.there.clients.reached(client, further)

    expected = Client(client_id=client.client_id, user_id=7, position=further)
    assert await replicas.here.clients.get(client.client_id) == expected


async def test_the_owner_of_a_client_is_known_everywhere(replicas: Replicas) -> None:
    client = await replicas.here.clients.open(7, START)

    for _ in range(2):
        assert await replicas.here.clients.owner(client.client_id) == 7
        assert await replicas.there.clients.owner(client.client_id) == 7
    assert await replicas.here.clients.owner(a_client_id()) is None


async def test_an_outage_shows_and_passes(replicas: Replicas) -> None:
    client = await replicas.here.clients.open(7, START)
    await replicas.outage()

    with pytest.raises(StoreUnavailable):
        await replicas.here.clients.open(7, START)
    with pytest.raises(StoreUnavailable):
        await replicas.here.clients.get(client.client_id)
    with pytest.raises(StoreUnavailable):
        await replicas.here.clients.reached(client, START)

    await replicas.recovery()
    assert await replicas.here.clients.get(client.client_id) == client

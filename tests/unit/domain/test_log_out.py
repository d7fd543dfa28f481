import pytest
from tests.unit.domain.gateway import Gateway

from adapters.memory.bus import MemoryBus
from domain.errors import SessionInvalid, StoreUnavailable
from domain.identity import SessionToken


async def test_a_logged_out_session_is_over_on_every_replica_whatever_noetl_says(
    gateway: Gateway, bus: MemoryBus
) -> None:
    session, replica = await gateway.logged_in(), Gateway(bus)
    assert await replica.authenticate(session.token.text) == session

    await gateway.log_out(session.token)

    for each in (gateway, replica):
        with pytest.raises(SessionInvalid):
            await each.authenticate(session.token.text)


async def test_logging_out_twice_is_harmless(gateway: Gateway) -> None:
    session = await gateway.logged_in()

    await gateway.log_out(session.token)
    await gateway.log_out(session.token)


async def test_a_logout_that_cannot_be_recorded_says_so(gateway: Gateway, bus: MemoryBus) -> None:
    session = await gateway.logged_in()
    bus.outage()

    with pytest.raises(StoreUnavailable):
        await gateway.log_out(session.token)


async def test_a_token_that_cannot_be_stored_can_be_logged_out(gateway: Gateway) -> None:
    token = SessionToken("not:storable", storable=False)

    await gateway.log_out(token)

    with pytest.raises(SessionInvalid):
        await gateway.authenticate(token.text)

import asyncio
import re

import pytest
from tests.contracts.given import a_token
from tests.contracts.replicas import Replicas

from domain.errors import StoreUnavailable


async def test_a_ticket_is_redeemed_once_on_whichever_replica(replicas: Replicas) -> None:
    token = a_token()

    ticket = await replicas.here.tickets.issue(token)

    assert await replicas.there.tickets.redeem(ticket) == token
    assert await replicas.here.tickets.redeem(ticket) is None
    assert await replicas.there.tickets.redeem(ticket) is None


async def test_of_two_who_redeem_at_once_one_gets_the_token(replicas: Replicas) -> None:
    ticket = await replicas.here.tickets.issue(a_token())

    both = await asyncio.gather(replicas.here.tickets.redeem(ticket), replicas.there.tickets.redeem(ticket))

    assert sorted(found is None for found in both) == [False, True]


async def test_tickets_differ_and_fit_into_a_query(replicas: Replicas) -> None:
    tickets = {await replicas.here.tickets.issue(a_token()) for _ in range(5)}

    assert len(tickets) == 5
    assert all(re.fullmatch("[A-Za-z0-9_-]{32,}", ticket) for ticket in tickets)


@pytest.mark.parametrize("ticket", ["", "unknown", ">", "*", "a b", "x" * 10_000, "\r\nPUB x 0"])
async def test_what_is_no_ticket_redeems_nothing(replicas: Replicas, ticket: str) -> None:
    assert await replicas.here.tickets.redeem(ticket) is None


async def test_a_token_that_cannot_be_a_key_has_tickets_as_well(replicas: Replicas) -> None:
    ticket = await replicas.here.tickets.issue(a_token("a:b>*"))

    assert await replicas.there.tickets.redeem(ticket) == a_token("a:b>*")


async def test_an_outage_is_never_an_answer(replicas: Replicas) -> None:
    token = a_token()
    ticket = await replicas.here.tickets.issue(token)
    await replicas.outage()

    with pytest.raises(StoreUnavailable):
        await replicas.here.tickets.redeem(ticket)
    with pytest.raises(StoreUnavailable):
        await replicas.here.tickets.issue(a_token())

    await replicas.recovery()
    assert await replicas.there.tickets.redeem(ticket) == token

import pytest
from tests.contracts.replicas import Replicas

from domain.callbacks import CallbackResult
from domain.json_values import JsonObject

REQUEST = "b36f4f73-fa03-4953-8e0e-2e2698559f28"
ANOTHER = "00000000-0000-4000-8000-000000000000"


def an_answer(request_id: str = REQUEST, status: str = "success") -> CallbackResult:
    data: JsonObject = {"user": {"user_id": 1, "roles": ["admin"]}, "valid": True, "note": "Grüße", "nothing": None}
    return CallbackResult(request_id=request_id, execution_id="766633668872765665", status=status, data=data)


async def test_an_answer_finds_its_waiter(replicas: Replicas) -> None:
    async with replicas.here.inbox.expect(REQUEST) as waiter:
        assert await replicas.here.inbox.deliver(an_answer())
        assert await waiter.result(replicas.clock.monotonic() + 5) == an_answer()


async def test_an_answer_finds_its_waiter_on_another_replica(replicas: Replicas) -> None:
    async with replicas.here.inbox.expect(REQUEST) as waiter:
        assert await replicas.there.inbox.deliver(an_answer())
        assert await waiter.result(replicas.clock.monotonic() + 5) == an_answer()


async def test_an_answer_that_nobody_waits_for_is_not_delivered(replicas: Replicas) -> None:
    async with replicas.here.inbox.expect(ANOTHER):
        assert not await replicas.here.inbox.deliver(an_answer())
        assert not await replicas.there.inbox.deliver(an_answer())


async def test_the_first_answer_counts(replicas: Replicas) -> None:
    async with replicas.here.inbox.expect(REQUEST) as waiter:
        assert await replicas.there.inbox.deliver(an_answer(status="error"))
        assert not await replicas.here.inbox.deliver(an_answer())
        assert not await replicas.there.inbox.deliver(an_answer())
        assert (await waiter.result(replicas.clock.monotonic() + 5)).status == "error"


async def test_who_has_left_waits_no_longer(replicas: Replicas) -> None:
    async with replicas.here.inbox.expect(REQUEST):
        pass

    assert not await replicas.here.inbox.deliver(an_answer())
    assert not await replicas.there.inbox.deliver(an_answer())


async def test_no_answer_by_the_deadline_is_a_timeout(replicas: Replicas) -> None:
    async with replicas.here.inbox.expect(REQUEST) as waiter:
        with pytest.raises(TimeoutError):
            await waiter.result(replicas.clock.monotonic() + 0.02)
        with pytest.raises(TimeoutError):
            await waiter.result(replicas.clock.monotonic() - 1)


async def test_an_answer_that_is_there_is_given_out_even_past_the_deadline(replicas: Replicas) -> None:
    async with replicas.here.inbox.expect(REQUEST) as waiter:
        assert await replicas.here.inbox.deliver(an_answer())

        assert await waiter.result(replicas.clock.monotonic() - 1) == an_answer()


async def test_answers_on_the_same_replica_work_during_an_outage(replicas: Replicas) -> None:
    await replicas.outage()

    async with replicas.here.inbox.expect(REQUEST) as waiter:
        assert await replicas.here.inbox.deliver(an_answer())
        assert await waiter.result(replicas.clock.monotonic() + 5) == an_answer()


async def test_answers_come_from_other_replicas_after_an_outage_in_which_the_wait_began(replicas: Replicas) -> None:
    await replicas.outage()

    async with replicas.here.inbox.expect(REQUEST) as waiter:
        assert not await replicas.there.inbox.deliver(an_answer())
        await replicas.recovery()
        assert await replicas.there.inbox.deliver(an_answer())
        assert await waiter.result(replicas.clock.monotonic() + 5) == an_answer()

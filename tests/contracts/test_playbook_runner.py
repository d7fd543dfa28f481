import pytest
from tests.contracts.back_ends import BackEnd
from tests.contracts.small_noetl import CATALOG_ID, PLAYBOOK

from domain.errors import ExecutionRefused, UpstreamUnreachable
from domain.playbooks import ExecutionOrder, RunStatus

ORDER = ExecutionOrder(path=PLAYBOOK, workload={"city": "Bern"})


async def test_each_run_has_a_decimal_id_of_its_own(back_end: BackEnd) -> None:
    first, second = await back_end.runner.execute(ORDER), await back_end.runner.execute(ORDER)

    assert first.execution_id != second.execution_id
    assert first.execution_id.isdecimal()
    assert first.status == "started"


async def test_a_run_goes_on_until_it_ends(back_end: BackEnd) -> None:
    execution_id = (await back_end.runner.execute(ORDER)).execution_id
    assert await back_end.runner.status(execution_id) is RunStatus.RUNNING

    back_end.end(execution_id)

    assert await back_end.runner.status(execution_id) is RunStatus.COMPLETED


async def test_a_cancelled_run_is_cancelled(back_end: BackEnd) -> None:
    execution_id = (await back_end.runner.execute(ORDER)).execution_id

    await back_end.runner.cancel(execution_id, "nobody waits")

    assert await back_end.runner.status(execution_id) is RunStatus.CANCELLED


async def test_a_run_can_be_repeated(back_end: BackEnd) -> None:
    execution_id = (await back_end.runner.execute(ORDER)).execution_id

    again = await back_end.runner.rerun(execution_id, {"city": "Basel"})

    assert again.execution_id != execution_id
    assert await back_end.runner.status(again.execution_id) is RunStatus.RUNNING


async def test_of_a_run_that_never_was_nothing_is_certain(back_end: BackEnd) -> None:
    assert await back_end.runner.status("1") is RunStatus.UNKNOWN
    for call in (back_end.runner.rerun("1", {}), back_end.runner.cancel("1", "why not")):
        with pytest.raises(ExecutionRefused) as raised:
            await call
        assert raised.value.status == 404


async def test_a_back_end_that_cannot_be_reached_is_not_a_refusal(back_end: BackEnd) -> None:
    back_end.disappear()

    for call in (
        back_end.runner.execute(ORDER),
        back_end.runner.rerun("1", {}),
        back_end.runner.cancel("1", "why not"),
        back_end.runner.status("1"),
    ):
        with pytest.raises(UpstreamUnreachable):
            await call


async def test_the_catalog_names_what_is_run(back_end: BackEnd) -> None:
    assert await back_end.catalog.path_of(CATALOG_ID) == PLAYBOOK
    assert await back_end.catalog.path_of("43") is None
    assert await back_end.catalog.path_of_execution("1") is None

    back_end.disappear()
    with pytest.raises(UpstreamUnreachable):
        await back_end.catalog.path_of(CATALOG_ID)
    with pytest.raises(UpstreamUnreachable):
        await back_end.catalog.path_of_execution("1")

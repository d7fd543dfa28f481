import pytest

from entrypoints.demo.stack import DemoPorts, demo_stack
from entrypoints.demo.walkthrough import Walkthrough

pytestmark = pytest.mark.integration


async def test_the_walk_through_the_main_job_holds_step_by_step() -> None:
    said: list[str] = []
    async with demo_stack(DemoPorts()) as stack:
        held = await Walkthrough(stack, said.append).run()
    assert held, "\n".join(said)

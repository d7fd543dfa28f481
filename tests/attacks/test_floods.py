"""Work for nothing is bounded."""

import asyncio

import pytest
from tests.attacks.conftest import Target

pytestmark = pytest.mark.integration


async def test_bogus_tokens_start_a_bounded_number_of_runs_and_leave_nothing_in_the_store(target: Target) -> None:
    tokens = [f"{number:032x}" for number in range(150)]
    replies = await asyncio.gather(
        *(target.client.post("/api/auth/validate", json={"session_token": token}) for token in tokens)
    )
    assert {reply.status_code for reply in replies} <= {200, 429}
    assert any(reply.status_code == 429 for reply in replies)
    assert all("retry-after" in reply.headers for reply in replies if reply.status_code == 429)
    again = await target.client.post("/api/auth/validate", json={"session_token": target.admin})
    assert again.json()["valid"] is True, "a known session is not limited"

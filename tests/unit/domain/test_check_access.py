import pytest
from tests.unit.domain.gateway import PLAYBOOK, Gateway

from domain.errors import AuthBackEndUnavailable
from domain.ports.telemetry import Count


async def test_noetls_decision_is_passed_on_and_counted(gateway: Gateway) -> None:
    allowed = await gateway.check_access("token", PLAYBOOK, "execute")
    denied = await gateway.check_access("token", "secret/playbook", "execute")

    assert (allowed.allowed, allowed.message) == (True, "Access granted to execute playbook")
    assert (denied.allowed, denied.message, denied.user) == (False, "Access denied", None)
    assert gateway.telemetry.counts[Count.ACCESS_DECISION, "allowed"] == 1
    assert gateway.telemetry.counts[Count.ACCESS_DECISION, "denied"] == 1


@pytest.mark.parametrize(("said", "asked"), [("edit", "modify"), ("modify", "modify"), ("view", "view"), ("x", "x")])
async def test_clients_say_edit_where_noetl_says_modify(gateway: Gateway, said: str, asked: str) -> None:
    await gateway.check_access("token", PLAYBOOK, said)

    assert gateway.access.asked == [(PLAYBOOK, asked)]


async def test_trouble_is_no_decision(gateway: Gateway) -> None:
    gateway.access.trouble = AuthBackEndUnavailable()

    with pytest.raises(AuthBackEndUnavailable):
        await gateway.check_access("token", PLAYBOOK, "execute")
    assert gateway.telemetry.counts[Count.ACCESS_DECISION, "backend_error"] == 1


@pytest.mark.parametrize("token", ["", "a b", "x" * 600])
async def test_what_can_be_no_token_has_no_access_and_nobody_is_asked(gateway: Gateway, token: str) -> None:
    decision = await gateway.check_access(token, PLAYBOOK, "execute")

    assert not decision.allowed
    assert gateway.access.asked == []

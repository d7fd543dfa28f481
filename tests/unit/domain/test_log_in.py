from dataclasses import replace

import pytest
from tests.unit.domain.gateway import ALICE, MALLORY, Gateway

from adapters.memory.bus import MemoryBus
from domain.errors import (
    AuthBackEndUnavailable,
    AuthReplyMalformed,
    CredentialsRejected,
    GatewayError,
    IdentityKeysUnavailable,
)
from domain.identity import LoginAttempt, Session, SessionToken
from domain.ports.telemetry import Count

ATTEMPT = LoginAttempt(auth0_token="alice-jwt", auth0_domain="tenant.auth0.com", client_ip="192.0.2.7")


async def test_a_good_token_becomes_a_session_that_is_known_at_once(gateway: Gateway) -> None:
    session = await gateway.log_in(ATTEMPT)

    assert session.user == ALICE
    assert await gateway.authenticate(session.token.text) == session
    assert gateway.authority.validated == []
    assert gateway.telemetry.counts[Count.LOGIN, "succeeded"] == 1


async def test_a_second_login_gets_a_new_token(gateway: Gateway) -> None:
    assert (await gateway.log_in(ATTEMPT)).token != (await gateway.log_in(ATTEMPT)).token


async def test_noetl_is_told_the_domain_that_the_token_was_verified_for(gateway: Gateway) -> None:
    await gateway.log_in(replace(ATTEMPT, auth0_domain=None))

    assert gateway.authority.attempts == [ATTEMPT]


@pytest.mark.parametrize(
    "attempt", [replace(ATTEMPT, auth0_token="forged"), replace(ATTEMPT, auth0_domain="evil.example.com")]
)
async def test_nothing_of_a_token_that_is_not_verified_is_sent_anywhere(
    gateway: Gateway, attempt: LoginAttempt
) -> None:
    with pytest.raises(CredentialsRejected):
        await gateway.log_in(attempt)

    assert gateway.authority.attempts == []
    assert gateway.telemetry.counts[Count.LOGIN, "credentials_rejected"] == 1


async def test_missing_keys_are_no_refusal(gateway: Gateway) -> None:
    gateway.identity_provider.trouble = IdentityKeysUnavailable()

    with pytest.raises(IdentityKeysUnavailable):
        await gateway.log_in(ATTEMPT)


@pytest.mark.parametrize("trouble", [AuthBackEndUnavailable(), CredentialsRejected("Token has expired")])
async def test_what_noetl_says_is_passed_on(gateway: Gateway, trouble: GatewayError) -> None:
    gateway.authority.trouble = trouble

    with pytest.raises(type(trouble)):
        await gateway.log_in(ATTEMPT)
    assert gateway.telemetry.counts[Count.LOGIN, trouble.code] == 1


async def test_a_login_works_without_the_store(gateway: Gateway, bus: MemoryBus) -> None:
    bus.outage()

    session = await gateway.log_in(ATTEMPT)

    assert session.user == ALICE
    assert gateway.telemetry.counts[Count.SESSION_CACHE_FAILED, "after_login"] == 1


class Impostor:
    """Answers a login with a session of the attacker's choice, as a forged callback does (D1)."""

    def __init__(self, gateway: Gateway, forged: Session) -> None:
        self._authority = gateway.authority
        self._forged = forged

    async def create(self, attempt: LoginAttempt) -> Session:
        await self._authority.create(attempt)
        return self._forged

    async def validate(self, token: SessionToken) -> Session | None:
        return await self._authority.validate(token)


async def test_the_session_of_somebody_else_is_refused_and_not_kept(gateway: Gateway) -> None:
    other = gateway.authority.open(MALLORY)
    log_in = replace(gateway.log_in, authority=Impostor(gateway, other))

    with pytest.raises(AuthReplyMalformed):
        await log_in(ATTEMPT)
    assert await gateway.sessions.get(other.token) is None


async def test_the_case_of_an_address_makes_nobody_a_stranger(gateway: Gateway) -> None:
    session = gateway.authority.open(replace(ALICE, email="Alice@Example.COM"))
    log_in = replace(gateway.log_in, authority=Impostor(gateway, session))

    assert await log_in(ATTEMPT) == session


@pytest.mark.parametrize("change", [{"is_active": False}, {"ends_at": 1.0}])
async def test_a_session_that_is_not_live_is_refused(gateway: Gateway, change: dict[str, float]) -> None:
    session = replace(gateway.authority.open(ALICE), **change)  # type: ignore[arg-type]
    log_in = replace(gateway.log_in, authority=Impostor(gateway, session))

    with pytest.raises(CredentialsRejected):
        await log_in(ATTEMPT)
    assert await gateway.sessions.get(session.token) is None


async def test_a_forged_session_with_the_right_address_is_found_out_by_asking_noetl(bus: MemoryBus) -> None:
    gateway = Gateway(bus, confirm=True)
    genuine = gateway.authority.open(ALICE)
    forged = replace(genuine, token=SessionToken("chosen-by-mallory", storable=True))
    log_in = replace(gateway.log_in, authority=Impostor(gateway, forged))

    with pytest.raises(AuthReplyMalformed):
        await log_in(ATTEMPT)
    assert await gateway.sessions.get(forged.token) is None


async def test_another_users_session_under_the_right_address_is_found_out_too(bus: MemoryBus) -> None:
    gateway = Gateway(bus, confirm=True)
    mallorys = gateway.authority.open(MALLORY)
    log_in = replace(gateway.log_in, authority=Impostor(gateway, replace(mallorys, user=ALICE)))

    with pytest.raises(AuthReplyMalformed):
        await log_in(ATTEMPT)


async def test_a_genuine_session_is_confirmed(bus: MemoryBus) -> None:
    gateway = Gateway(bus, confirm=True)

    session = await gateway.log_in(ATTEMPT)

    assert gateway.authority.validated == [session.token]

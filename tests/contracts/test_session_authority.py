import pytest
from tests.contracts.back_ends import BackEnd
from tests.contracts.given import a_token
from tests.contracts.small_noetl import JWT, PLAYBOOK, USER

from domain.errors import AuthBackEndFailed, AuthBackEndUnavailable, CredentialsRejected
from domain.identity import LoginAttempt, User

ALICE = User(**{**USER, "roles": ("viewer",)})
ATTEMPT = LoginAttempt(auth0_token=JWT, auth0_domain="tenant.auth0.com")


async def test_a_good_token_becomes_a_live_session_that_is_valid_from_then_on(back_end: BackEnd) -> None:
    session = await back_end.authority.create(ATTEMPT)

    assert session.user == ALICE
    assert session.expires_at
    assert session.ends_at is not None
    validated = await back_end.authority.validate(session.token)
    assert validated is not None
    assert (validated.token, validated.user, validated.ends_at) == (session.token, ALICE, session.ends_at)


async def test_each_login_has_a_session_of_its_own(back_end: BackEnd) -> None:
    first, second = await back_end.authority.create(ATTEMPT), await back_end.authority.create(ATTEMPT)

    assert first.token != second.token


async def test_a_refused_token_is_refused_with_a_reason(back_end: BackEnd) -> None:
    with pytest.raises(CredentialsRejected, match="Token validation failed"):
        await back_end.authority.create(LoginAttempt(auth0_token="forged"))


async def test_a_session_that_noetl_does_not_know_is_none(back_end: BackEnd) -> None:
    assert await back_end.authority.validate(a_token()) is None


async def test_trouble_is_neither_a_refusal_nor_an_unknown_session(back_end: BackEnd) -> None:
    session = await back_end.authority.create(ATTEMPT)
    back_end.disappear()

    with pytest.raises((AuthBackEndFailed, AuthBackEndUnavailable)):
        await back_end.authority.create(ATTEMPT)
    with pytest.raises((AuthBackEndFailed, AuthBackEndUnavailable)):
        await back_end.authority.validate(session.token)


async def test_access_is_decided_by_playbook_and_permission(back_end: BackEnd) -> None:
    token = (await back_end.authority.create(ATTEMPT)).token

    granted = await back_end.access.check(token, PLAYBOOK, "execute")
    assert granted.allowed
    assert granted.message
    assert not (await back_end.access.check(token, PLAYBOOK, "modify")).allowed
    assert not (await back_end.access.check(token, "secret/playbook", "execute")).allowed


async def test_trouble_is_no_decision(back_end: BackEnd) -> None:
    token = (await back_end.authority.create(ATTEMPT)).token
    back_end.disappear()

    with pytest.raises((AuthBackEndFailed, AuthBackEndUnavailable)):
        await back_end.access.check(token, PLAYBOOK, "execute")

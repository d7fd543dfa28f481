import pytest
from tests.contracts.given import a_token
from tests.contracts.replicas import Replicas

from domain.errors import StoreUnavailable


async def test_a_revoked_token_is_revoked_on_every_replica(replicas: Replicas) -> None:
    token = a_token()

    await replicas.here.revocations.revoke(token)

    assert await replicas.here.revocations.is_revoked(token)
    assert await replicas.there.revocations.is_revoked(token)


async def test_other_tokens_are_not_revoked(replicas: Replicas) -> None:
    await replicas.here.revocations.revoke(a_token())

    assert not await replicas.here.revocations.is_revoked(a_token())


async def test_revoking_twice_is_harmless(replicas: Replicas) -> None:
    token = a_token()

    await replicas.here.revocations.revoke(token)
    await replicas.there.revocations.revoke(token)

    assert await replicas.here.revocations.is_revoked(token)


@pytest.mark.parametrize("text", [">", "*", "a:b", "x" * 512])
async def test_a_token_that_cannot_be_a_key_can_be_revoked_for_itself_alone(replicas: Replicas, text: str) -> None:
    await replicas.here.revocations.revoke(a_token(text))

    assert await replicas.there.revocations.is_revoked(a_token(text))
    assert not await replicas.there.revocations.is_revoked(a_token())


async def test_an_outage_is_never_an_answer(replicas: Replicas) -> None:
    token = a_token()
    await replicas.outage()

    with pytest.raises(StoreUnavailable):
        await replicas.here.revocations.revoke(token)
    with pytest.raises(StoreUnavailable):
        await replicas.here.revocations.is_revoked(token)

    await replicas.recovery()
    assert not await replicas.here.revocations.is_revoked(token)

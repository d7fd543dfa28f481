from tests.contracts.given import a_session, a_token
from tests.contracts.replicas import Replicas
from tests.contracts.waiting import happened


class Ends:
    """Counts how often it is told."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


async def test_a_revocation_is_told_on_every_replica(replicas: Replicas) -> None:
    token, here, there = a_token(), Ends(), Ends()
    replicas.here.session_ends.listen(token, here)
    replicas.there.session_ends.listen(token, there)

    await replicas.here.revocations.revoke(token)

    await happened(lambda: here.count == there.count == 1)


async def test_a_deletion_is_told_on_every_replica(replicas: Replicas) -> None:
    session, here, there = a_session(), Ends(), Ends()
    await replicas.here.sessions.put(session)
    replicas.here.session_ends.listen(session.token, here)
    replicas.there.session_ends.listen(session.token, there)

    await replicas.here.sessions.delete(session.token)

    await happened(lambda: here.count == there.count == 1)


async def test_a_logout_is_told_once(replicas: Replicas) -> None:
    session, ends = a_session(), Ends()
    await replicas.here.sessions.put(session)
    replicas.there.session_ends.listen(session.token, ends)

    await replicas.here.revocations.revoke(session.token)
    await replicas.here.sessions.delete(session.token)

    await happened(lambda: ends.count)
    await _word_of_another_end(replicas)
    assert ends.count == 1


async def test_every_listener_of_a_session_is_told(replicas: Replicas) -> None:
    token, first, second = a_token(), Ends(), Ends()
    replicas.here.session_ends.listen(token, first)
    replicas.here.session_ends.listen(token, second)

    await replicas.here.revocations.revoke(token)

    await happened(lambda: first.count == second.count == 1)


async def test_who_stopped_listening_is_told_nothing(replicas: Replicas) -> None:
    token, stopped, listening = a_token(), Ends(), Ends()
    stop = replicas.here.session_ends.listen(token, stopped)
    replicas.here.session_ends.listen(token, listening)

    stop()
    stop()
    await replicas.here.revocations.revoke(token)

    await happened(lambda: listening.count)
    assert stopped.count == 0


async def test_a_session_that_is_stored_anew_has_not_ended(replicas: Replicas) -> None:
    session, ends = a_session(), Ends()
    await replicas.here.sessions.put(session)
    replicas.here.session_ends.listen(session.token, ends)

    await replicas.there.sessions.put(session)

    await _word_of_another_end(replicas)
    assert ends.count == 0


async def _word_of_another_end(replicas: Replicas) -> None:
    """By then everything that was said before has arrived, by both ways that an end can be told."""
    session, deleted, revoked = a_session(), Ends(), Ends()
    await replicas.here.sessions.put(session)
    replicas.here.session_ends.listen(session.token, deleted)
    await replicas.here.sessions.delete(session.token)
    other = a_token()
    replicas.here.session_ends.listen(other, revoked)
    await replicas.here.revocations.revoke(other)
    await happened(lambda: deleted.count and revoked.count)

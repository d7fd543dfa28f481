from typing import Protocol

from domain.identity import LoginAttempt, Session, SessionToken


class SessionAuthority(Protocol):
    """NoETL as the source of truth about sessions, by playbook or by its synchronous API.

    Every call ends within the configured deadline; an execution that does not is cancelled.
    """

    async def create(self, attempt: LoginAttempt) -> Session:
        """Raises:
        CredentialsRejected: NoETL refuses the token; the text says why.
        AuthBackEndUnavailable: too busy, timed out, or its database is in trouble.
        AuthBackEndFailed: it cannot be reached or answers with an error.
        AuthReplyMalformed: its answer lacks what a session needs.
        """
        ...

    async def validate(self, token: SessionToken) -> Session | None:
        """The session behind the token, None when NoETL says that there is none.

        Raises AuthBackEndUnavailable or AuthBackEndFailed; trouble is never reported as None (D13).
        """
        ...

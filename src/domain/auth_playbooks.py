"""NoETL as session authority and access checker by its auth playbooks: run one, wait for its callback (wire 3.1)."""

import asyncio
import logging
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from domain import auth_replies
from domain.access import AccessDecision
from domain.callbacks import CallbackResult
from domain.errors import AuthBackEndFailed, AuthBackEndUnavailable, GatewayError, UpstreamTimedOut
from domain.identity import LoginAttempt, Session, SessionToken
from domain.json_values import JsonObject
from domain.playbooks import Execution, ExecutionOrder
from domain.ports.callback_inbox import CallbackInbox
from domain.ports.clock import Clock
from domain.ports.playbook_runner import PlaybookRunner
from domain.ports.telemetry import Count, Telemetry

log = logging.getLogger(__name__)
T = TypeVar("T")
_LAST_CALLS = 2.0
"""Seconds that calls to NoETL may still take when the process ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthPlaybook:
    """`title` opens the sentences that clients see, `name` is how NoETL's operators know it."""

    title: str
    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthPlaybookDrive:
    """Runs an auth playbook and waits for its answer, both under one deadline of `timeout` seconds (D16).

    `places` caps the runs at a time, so that bogus tokens cannot start unbounded work (D14).

    A run whose answer does not come in time is cancelled as soon as its id is known, which may be later (D16).
    That goes on behind the caller's back: an async context manager, so that it has an end.

    Raises AuthBackEndUnavailable when the answer does not come in time, and AuthBackEndFailed when NoETL does not
    take the run.
    """

    runner: PlaybookRunner
    inbox: CallbackInbox
    clock: Clock
    telemetry: Telemetry
    timeout: float
    places: asyncio.Semaphore
    gateway_url: str
    callback_subject_prefix: str
    _tasks: set[asyncio.Task[object]] = field(default_factory=set, init=False, repr=False, compare=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._tasks:
            return
        _, unfinished = await asyncio.wait(self._tasks, timeout=_LAST_CALLS)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def __call__(self, playbook: AuthPlaybook, variables: JsonObject) -> CallbackResult:
        deadline = self.clock.monotonic() + self.timeout
        try:
            async with asyncio.timeout(self.timeout):
                await self.places.acquire()
        except TimeoutError as error:
            raise self._too_slow(playbook) from error
        try:
            return await self._run(playbook, variables, deadline)
        finally:
            self.places.release()

    async def _run(self, playbook: AuthPlaybook, variables: JsonObject, deadline: float) -> CallbackResult:
        request_id = str(uuid.uuid4())
        workload: JsonObject = {
            **variables,
            "request_id": request_id,
            "callback_subject": f"{self.callback_subject_prefix}.{request_id}",
            "gateway_url": self.gateway_url,
        }
        async with self.inbox.expect(request_id) as waiter:
            start = self._own(self.runner.execute(ExecutionOrder(path=playbook.path, workload=workload)))
            answer = asyncio.ensure_future(waiter.result(deadline))
            try:
                return await self._answer(start, answer)
            except TimeoutError as error:
                self._own(self._cancel(playbook, start))
                raise self._too_slow(playbook) from error
            except UpstreamTimedOut as error:
                raise self._too_slow(playbook) from error
            except GatewayError as error:
                raise AuthBackEndFailed(f"{playbook.title} playbook failed: {error}") from error
            finally:
                answer.cancel()

    async def _answer(
        self, start: "asyncio.Task[Execution]", answer: "asyncio.Task[CallbackResult]"
    ) -> CallbackResult:
        """The answer may be here before NoETL has said that it started the run."""
        await asyncio.wait({start, answer}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            start.result()  # what did not start does not answer
        return await answer

    async def _cancel(self, playbook: AuthPlaybook, start: "asyncio.Task[Execution]") -> None:
        reason = f"Gateway {playbook.name} timed out after {self.timeout:g}s"
        try:
            execution = await start  # its id may come late (D16)
        except GatewayError as error:
            log.warning("a run that timed out cannot be cancelled, its id is not known: %s", error.code)
            return
        try:
            await self.runner.cancel(execution.execution_id, reason)
        except GatewayError as error:
            self.telemetry.count(Count.AUTH_CANCEL_FAILED)
            log.warning("execution %s could not be cancelled: %s", execution.execution_id, error.code)

    def _own(self, work: Coroutine[object, object, T]) -> "asyncio.Task[T]":
        """Runs `work` to its end, which the runner's deadline sets, whoever has stopped waiting for it."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[T]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, GatewayError):
            log.error("a call to NoETL failed", exc_info=error)

    def _too_slow(self, playbook: AuthPlaybook) -> AuthBackEndUnavailable:
        return AuthBackEndUnavailable(
            f"{playbook.title} auth playbook did not complete within {self.timeout:g}s; "
            "auth backend is busy. Please retry."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookSessionAuthority:
    """The SessionAuthority whose word comes from the login and validation playbooks."""

    drive: AuthPlaybookDrive
    login_path: str
    validate_path: str
    db_credential: str

    async def create(self, attempt: LoginAttempt) -> Session:
        playbook = AuthPlaybook(title="Login", name="login", path=self.login_path)
        variables: JsonObject = {
            "auth0_token": attempt.auth0_token,
            "auth0_refresh_token": attempt.auth0_refresh_token or "",
            "auth0_domain": attempt.auth0_domain or "",
            "session_duration_hours": attempt.session_duration_hours,
            "client_ip": attempt.client_ip,
            "client_user_agent": attempt.client_user_agent,
        }
        answer = await self.drive(playbook, variables)
        return auth_replies.session_from_login(answer.status, answer.data)

    async def validate(self, token: SessionToken) -> Session | None:
        playbook = AuthPlaybook(title="Validate session", name="validate_session", path=self.validate_path)
        variables: JsonObject = {"session_token": token.text, "db_credential": self.db_credential}
        answer = await self.drive(playbook, variables)
        if not answer.succeeded:
            raise AuthBackEndUnavailable("The session could not be checked. Please retry.")
        return auth_replies.session_from_validation(token, answer.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookAccessChecker:
    """The AccessChecker whose word comes from the check-access playbook."""

    drive: AuthPlaybookDrive
    check_path: str

    async def check(self, token: SessionToken, playbook_path: str, permission: str) -> AccessDecision:
        playbook = AuthPlaybook(title="Check access", name="check_access", path=self.check_path)
        variables: JsonObject = {
            "session_token": token.text,
            "playbook_path": playbook_path,
            "action": permission,
        }
        answer = await self.drive(playbook, variables)
        return auth_replies.decision_from_access_check(answer.status, answer.data)

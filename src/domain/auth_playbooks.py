"""NoETL as session authority and access checker by its auth playbooks: run one, wait for its callback (wire 3.1)."""

import asyncio
import logging
import uuid
from dataclasses import dataclass

from domain import auth_replies
from domain.access import AccessDecision
from domain.callbacks import CallbackResult
from domain.errors import AuthBackEndFailed, AuthBackEndUnavailable, GatewayError, UpstreamTimedOut
from domain.identity import LoginAttempt, Session, SessionToken
from domain.json_values import JsonObject
from domain.playbooks import Execution, ExecutionOrder
from domain.ports.callback_inbox import CallbackInbox, Waiter
from domain.ports.clock import Clock
from domain.ports.playbook_runner import PlaybookRunner
from domain.ports.telemetry import Count, Telemetry

log = logging.getLogger(__name__)


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

    Raises AuthBackEndUnavailable when the answer does not come in time, the run having been cancelled, and
    AuthBackEndFailed when NoETL does not take the run.
    """

    runner: PlaybookRunner
    inbox: CallbackInbox
    clock: Clock
    telemetry: Telemetry
    timeout: float
    places: asyncio.Semaphore
    gateway_url: str
    callback_subject_prefix: str

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
            execution = await self._start(playbook, workload, deadline)
            return await self._answer(playbook, execution, waiter, deadline)

    async def _start(self, playbook: AuthPlaybook, workload: JsonObject, deadline: float) -> Execution:
        order = ExecutionOrder(path=playbook.path, workload=workload)
        start = asyncio.ensure_future(self.runner.execute(order))
        try:
            async with asyncio.timeout(max(0.0, deadline - self.clock.monotonic())):
                return await start
        except (TimeoutError, UpstreamTimedOut) as error:
            raise self._too_slow(playbook) from error
        except GatewayError as error:
            raise AuthBackEndFailed(f"{playbook.title} playbook failed: {error}") from error

    async def _answer(
        self, playbook: AuthPlaybook, execution: Execution, waiter: Waiter, deadline: float
    ) -> CallbackResult:
        try:
            return await waiter.result(deadline)
        except TimeoutError as error:
            await self._cancel(playbook, execution)
            raise self._too_slow(playbook) from error
        except asyncio.CancelledError:
            log.info("nobody waits for execution %s any more", execution.execution_id)
            raise

    async def _cancel(self, playbook: AuthPlaybook, execution: Execution) -> None:
        reason = f"Gateway {playbook.name} timed out after {self.timeout:g}s"
        try:
            await self.runner.cancel(execution.execution_id, reason)
        except GatewayError as error:
            self.telemetry.count(Count.AUTH_CANCEL_FAILED)
            log.warning("execution %s could not be cancelled: %s", execution.execution_id, error.code)

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

"""The playbooks that the gateway runs for login, session validation and access checks."""

from entrypoints.demo.json_types import JsonValue
from entrypoints.demo.noetl.accounts import LoginSession
from entrypoints.demo.noetl.auth_flows import AuthFailure, AuthFlows, login_data
from entrypoints.demo.noetl.playbook import Playbook, Step
from entrypoints.demo.noetl.run import Run
from entrypoints.demo.noetl.session_cache import SessionCache
from entrypoints.demo.noetl.timestamps import postgres_text

_FOLDER = "api_integration/auth0"


class AuthPlaybooks:
    """Their steps answer by callback; like the originals they cache the session before they do."""

    def __init__(self, flows: AuthFlows, cache: SessionCache) -> None:
        self._flows = flows
        self._cache = cache

    def playbooks(self) -> tuple[Playbook, ...]:
        steps = {
            "auth0_login": Step("cache_and_callback", self._log_in),
            "auth0_validate_session": Step("send_callback", self._validate),
            "check_playbook_access": Step("send_callback", self._check_access),
            "provision_auth_schema": Step("create_tables", _do_nothing),
        }
        return tuple(
            Playbook(path=f"{_FOLDER}/{name}", steps=(Step("start", _do_nothing), step, Step("end", _do_nothing)))
            for name, step in steps.items()
        )

    async def _log_in(self, run: Run) -> None:
        try:
            session = self._flows.log_in(run.text("auth0_token"), run.text("auth0_domain"))
        except AuthFailure as failure:
            return await _fail(run, failure)
        await self._cache.put(session)
        return await run.reporter.auth(run, login_data(session), status="success")

    async def _validate(self, run: Run) -> None:
        try:
            session = self._flows.find_session(run.text("session_token"))
        except AuthFailure as failure:
            return await _fail(run, failure)
        if session is not None:
            await self._cache.put(session)
        return await run.reporter.auth(run, _validation_data(session), status="success")

    async def _check_access(self, run: Run) -> None:
        try:
            data = self._flows.check_access(run.text("session_token"), run.text("playbook_path"), run.text("action"))
        except AuthFailure as failure:
            return await _fail(run, failure)
        return await run.reporter.auth(run, data, status="success")


async def _fail(run: Run, failure: AuthFailure) -> None:
    await run.reporter.auth(run, failure.data, status="error")


async def _do_nothing(run: Run) -> None:
    """The real step talks to PostgreSQL here."""


def _validation_data(session: LoginSession | None) -> dict[str, JsonValue]:
    if session is None:
        return {"valid": False, "message": "Session not found or expired"}
    return {
        "user": session.account.profile_with_roles(),
        "valid": True,
        "message": "Session is valid",
        "expires_at": postgres_text(session.expires_at),
    }

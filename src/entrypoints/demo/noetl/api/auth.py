"""The synchronous auth API: `session/validate` of both servers, the other two of the Rust server only."""

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.asgi.router import Route
from entrypoints.demo.json_types import JsonObject
from entrypoints.demo.noetl.accounts import LoginSession
from entrypoints.demo.noetl.api.bodies import json_body, optional_text, required_text
from entrypoints.demo.noetl.api.errors import ApiError
from entrypoints.demo.noetl.auth_flows import AuthFailure, AuthFlows, login_data
from entrypoints.demo.noetl.credentials import Credentials
from entrypoints.demo.noetl.timestamps import postgres_text

_DEFAULT_CREDENTIAL = "pg_auth"


class AuthApi:
    """Failures are told in the body of a 200, except for a credential that does not exist."""

    def __init__(self, flows: AuthFlows, credentials: Credentials, *, rust_routes: bool) -> None:
        self._flows = flows
        self._credentials = credentials
        self._rust_routes = rust_routes

    def routes(self) -> tuple[Route, ...]:
        validate = Route("POST", "/api/auth/session/validate", self._validate)
        if not self._rust_routes:
            return (validate,)
        return (
            validate,
            Route("POST", "/api/auth/login", self._log_in),
            Route("POST", "/api/auth/check-playbook-access", self._check_access),
        )

    async def _validate(self, request: Request) -> Response:
        body = self._body(request)
        token = required_text(body, "session_token").strip()
        if not token:
            raise ApiError(400, "session_token is required")
        try:
            session = self._flows.find_session(token)
        except AuthFailure as failure:
            return json_response(_validation("error", None, str(failure)))
        return json_response(_validation("ok", session, None))

    async def _log_in(self, request: Request) -> Response:
        body = self._body(request)
        token, domain = required_text(body, "auth0_token"), optional_text(body, "auth0_domain")
        try:
            session = self._flows.log_in(token, domain)
        except AuthFailure as failure:
            return json_response({"status": "error", "data": failure.data})
        return json_response({"status": "success", "data": login_data(session)})

    async def _check_access(self, request: Request) -> Response:
        body = self._body(request)
        token, path = required_text(body, "session_token"), required_text(body, "playbook_path")
        try:
            data = self._flows.check_access(token, path, optional_text(body, "action", "execute"))
        except AuthFailure as failure:
            return json_response({"status": "error", "data": failure.data})
        return json_response({"status": "success", "data": data})

    def _body(self, request: Request) -> JsonObject:
        body = json_body(request)
        if optional_text(body, "credential", _DEFAULT_CREDENTIAL) not in self._credentials:
            raise ApiError(404, "Credential not found")
        return body


def _validation(status: str, session: LoginSession | None, error: str | None) -> JsonObject:
    return {
        "status": status,
        "valid": session is not None,
        "user": session.account.profile_with_roles() if session else None,
        "expires_at": postgres_text(session.expires_at) if session else None,
        "error": error,
    }

"""As much of NoETL as the contracts of its ports need: who may log in, who may run what, what was run."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.memory.upstream import answer
from domain.callbacks import CallbackResult
from domain.errors import UpstreamUnreachable
from domain.playbooks import Execution, ExecutionOrder
from domain.ports.callback_inbox import CallbackInbox
from domain.proxying import UpstreamRequest, UpstreamResponse

Json = dict[str, Any]
USER: Json = {"user_id": 7, "email": "alice@example.com", "display_name": "Alice", "roles": ["viewer"]}
EXPIRES_AT = "2096-01-28 22:11:41.335589+00"
JWT = "alice-jwt"
PLAYBOOK = "examples/hello"
CATALOG_ID = "42"


@dataclass
class SmallNoetl:
    is_reachable: bool = True
    sessions: set[str] = field(default_factory=set)
    executions: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(766633604884463618))

    async def handle(self, request: UpstreamRequest) -> UpstreamResponse:
        """Its HTTP API."""
        if not self.is_reachable:
            raise UpstreamUnreachable
        sent = b"".join([chunk async for chunk in request.body]) if request.body is not None else b"{}"
        status, reply = self._answer(request.target.decode(), json.loads(sent))
        return answer(json.dumps(reply).encode(), status=status)

    def worker(self, inbox: CallbackInbox) -> "Worker":
        return Worker(self, inbox)

    def _answer(self, target: str, body: Json) -> tuple[int, Json]:
        match target.partition("?")[0].strip("/").split("/")[1:]:
            case ["execute"]:
                return self._execute(body.get("path"))
            case ["executions", execution_id, "rerun"]:
                return self._execute(self.executions.get(execution_id))
            case ["executions", execution_id, *rest] if execution_id in self.executions:
                return self._execution(execution_id, rest)
            case ["catalog", "resource"] if body.get("catalog_id") == CATALOG_ID:
                return 200, {"path": PLAYBOOK}
            case ["auth", "login"]:
                return 200, self.login(body)
            case ["auth", "session", "validate"]:
                return 200, {"status": "ok", **self.validation(body)}
            case ["auth", "check-playbook-access"]:
                return 200, self.access(body)
        return 404, {"detail": "Not Found"}

    def _execute(self, path: str | None) -> tuple[int, Json]:
        if path is None or path.startswith("no/"):
            return 404, {"detail": f"Executable catalog entry not found: {path}"}
        execution_id = str(next(self._numbers))
        self.executions[execution_id] = path
        self.statuses[execution_id] = "RUNNING"
        return 200, {"execution_id": execution_id, "status": "started"}

    def _execution(self, execution_id: str, rest: list[str]) -> tuple[int, Json]:
        if rest == ["cancel"]:
            self.statuses[execution_id] = "CANCELLED"
            return 200, {"status": "cancelled"}
        return 200, {"status": self.statuses[execution_id], "path": self.executions[execution_id]}

    def login(self, body: Mapping[str, Any]) -> Json:
        if body["auth0_token"] != JWT:
            return {"status": "error", "data": {"message": "Token validation failed", "error": "Token has expired"}}
        token = f"session-{next(self._numbers)}"
        self.sessions.add(token)
        data = {"status": "authenticated", "session_token": token, "user": USER, "expires_at": EXPIRES_AT}
        return {"status": "success", "data": data}

    def validation(self, body: Mapping[str, Any]) -> Json:
        is_valid = body["session_token"] in self.sessions
        return {"valid": is_valid, "user": USER if is_valid else None, "expires_at": EXPIRES_AT if is_valid else None}

    def access(self, body: Mapping[str, Any]) -> Json:
        asked = (body["session_token"] in self.sessions, body["playbook_path"], body["action"])
        is_allowed = asked == (True, PLAYBOOK, "execute")
        return {"status": "success", "data": {"allowed": is_allowed, "message": "Access checked"}}


@dataclass(frozen=True)
class Worker:
    """Runs the auth playbooks and posts their answers, before NoETL has even said that it started them."""

    noetl: SmallNoetl
    inbox: CallbackInbox

    async def __call__(self, order: ExecutionOrder, execution: Execution) -> None:
        assert isinstance(order.workload, Mapping)
        if not self.noetl.is_reachable:
            raise UpstreamUnreachable
        answers = {
            "login": self.noetl.login,
            "validate": lambda body: {"status": "success", "data": self.noetl.validation(body)},
            "check": self.noetl.access,
        }
        reply = answers[order.path or ""](order.workload)
        await self.inbox.deliver(
            CallbackResult(request_id=str(order.workload["request_id"]), status=reply["status"], data=reply["data"])
        )

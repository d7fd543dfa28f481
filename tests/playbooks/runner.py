"""Runs a playbook as a worker would, with a real database and lists in place of NATS and the gateway."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.playbooks.catalog import Playbook, arcs_of, tools_of
from tests.playbooks.database import Database, StatementFailed
from tests.playbooks.worker import Value, Worker


class RunFailed(Exception):
    """A step failed and nothing says that the run goes on."""


@dataclass(frozen=True, slots=True)
class Request:
    url: str
    auth: Value
    body: dict[str, Value]


@dataclass(slots=True)
class Outcome:
    """`path`: the steps in the order in which they ran. `stored`: bytes by key, as the K/V bucket has them."""

    path: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    stored: dict[str, bytes] = field(default_factory=dict)
    results: dict[str, Value] = field(default_factory=dict)

    @property
    def callback(self) -> dict[str, Value]:
        [request] = self.requests
        return request.body


def run(playbook: Playbook, workload: Mapping[str, Value], *, worker: Worker, database: Database) -> Outcome:
    """Raises RunFailed."""
    outcome = Outcome()
    context: dict[str, Value] = {**playbook.workload, **workload}
    step = playbook.steps[0]
    while True:
        name = str(step["step"])
        outcome.path.append(name)
        context[name] = outcome.results[name] = _perform(step, context, outcome, worker, database)
        arc = next((arc for arc in arcs_of(step) if worker.holds(arc.get("when", "{{ true }}"), context)), None)
        if arc is None:
            return outcome
        step = playbook.step(arc["step"])


def _perform(
    step: dict[str, Value], context: dict[str, Value], outcome: Outcome, worker: Worker, database: Database
) -> Value:
    result: Value = {}
    for tool in tools_of(step):
        try:
            result = _use(tool, context, outcome, worker, database)
        except (StatementFailed, TypeError) as error:
            if "spec" not in tool:
                raise RunFailed(f"{step['step']}: {error}") from error
            result = {}
    return result


def _use(
    tool: dict[str, Value], context: dict[str, Value], outcome: Outcome, worker: Worker, database: Database
) -> Value:
    if tool["kind"] == "python":
        names = worker.rendered(tool.get("input", {}), context)
        return worker.run_code(str(tool["code"]), names)  # type: ignore[arg-type]
    config = worker.rendered({key: value for key, value in tool.items() if key not in ("kind", "spec")}, context)
    assert isinstance(config, dict)
    if tool["kind"] == "postgres":
        return {"rows": database.rows(str(config["command"]))}  # type: ignore[dict-item]
    if tool["kind"] == "nats":
        return _put(config, outcome)
    assert tool["kind"] == "http"
    return _post(config, outcome)


def _put(config: dict[str, Value], outcome: Outcome) -> Value:
    key, value = config["key"], config["value"]
    if not isinstance(key, str):
        raise TypeError("the key is no text")
    outcome.stored[key] = (value if isinstance(value, str) else json.dumps(value)).encode()
    return {"status": "success"}


def _post(config: dict[str, Value], outcome: Outcome) -> Value:
    body = config["json"]
    assert isinstance(body, dict)
    outcome.requests.append(
        Request(str(config["url"]), config["auth"], json.loads(json.dumps(body, allow_nan=False)))
    )
    return {"status_code": 200}

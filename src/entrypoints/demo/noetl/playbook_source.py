"""Playbooks as YAML: what the catalog shows of its own, and what clients register."""

import asyncio

import msgspec

from entrypoints.demo.json_types import JsonObject, JsonValue
from entrypoints.demo.noetl.playbook import Playbook, Step
from entrypoints.demo.noetl.run import Run

_PAUSE = 0.02


class PlaybookSourceError(Exception):
    """The text says what keeps the content from being a playbook."""


def render_document(document: JsonObject) -> str:
    return msgspec.yaml.encode(document).decode()


def parse_playbook(source: str) -> tuple[Playbook, JsonObject]:
    """The playbook and the parsed document. The steps of a registered playbook run, but do nothing.

    Raises `PlaybookSourceError`.
    """
    try:
        document: JsonValue = msgspec.yaml.decode(source)
    except msgspec.DecodeError as exc:
        raise PlaybookSourceError(f"invalid YAML: {exc}") from exc
    if not isinstance(document, dict):
        raise PlaybookSourceError("the content is not a mapping")
    names = _step_names(document.get("workflow"))
    if not names:
        raise PlaybookSourceError("the workflow has no steps")
    workload = document.get("workload")
    playbook = Playbook(
        path=_path(document),
        kind="agent" if str(document.get("kind")).lower() == "agent" else "playbook",
        workload=workload if isinstance(workload, dict) else {},
        steps=(*(Step(name, _pause) for name in names[:-1]), Step(names[-1], _answer)),
    )
    return playbook, document


def _path(document: JsonObject) -> str:
    metadata = document.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    return str(names.get("path") or names.get("name") or "unknown")


def _step_names(workflow: JsonValue) -> list[str]:
    steps = workflow if isinstance(workflow, list) else []
    return [str(step["step"]) for step in steps if isinstance(step, dict) and step.get("step")]


async def _pause(run: Run) -> None:
    await asyncio.sleep(_PAUSE)
    run.result = {"status": "ok", "textOutput": "This server only pretends to run registered playbooks."}


async def _answer(run: Run) -> None:
    await _pause(run)
    await run.reporter.result(run)

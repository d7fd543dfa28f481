"""The sample playbooks of the demo, and its one agent."""

import asyncio
from functools import partial

from entrypoints.demo.noetl.playbook import Playbook, Step, StepError
from entrypoints.demo.noetl.run import Run

_STAGES = ("fetch", "check", "enrich", "score", "store")
_DEFAULT_LARGE_BYTES = 2_000_000
_MAX_LARGE_BYTES = 64_000_000


def demo_playbooks() -> tuple[Playbook, ...]:
    end = Step("end", _answer)
    return (
        Playbook(
            path="demo/quick",
            description="Answers within a tenth of a second",
            workload={"name": "world"},
            steps=(Step("start", _greet), end),
        ),
        Playbook(
            path="demo/steps",
            description="Reports progress from five steps over some three seconds",
            workload={"seconds": 3},
            steps=(*(Step(name, partial(_stage, index)) for index, name in enumerate(_STAGES)), end),
        ),
        Playbook(path="demo/fails", description="Fails in its first step", steps=(Step("start", _fail), end)),
        Playbook(
            path="demo/large",
            description="Answers with as many bytes as the workload asks for",
            workload={"bytes": _DEFAULT_LARGE_BYTES},
            steps=(Step("start", _produce), end),
        ),
        Playbook(
            path="demo/slow",
            description="Sleeps for as many seconds as the workload asks for",
            workload={"seconds": 30},
            steps=(Step("start", _sleep), end),
        ),
        Playbook(
            path="demo/agents/assistant",
            kind="agent",
            description="Answers any question, with made-up confidence",
            workload={"question": ""},
            steps=(Step("think", _think), end),
        ),
    )


async def _answer(run: Run) -> None:
    await run.reporter.result(run)


async def _greet(run: Run) -> None:
    await run.reporter.progress(run, step="start", message="Greeting", fraction=0.5)
    await asyncio.sleep(0.08)
    run.result = {"status": "ok", "textOutput": f"Hello, {run.text('name', 'world')}!"}


async def _stage(index: int, run: Run) -> None:
    await asyncio.sleep(_seconds(run, 3.0) / len(_STAGES))
    done = index + 1
    await run.reporter.progress(
        run,
        step=_STAGES[index],
        message=f"Step {done} of {len(_STAGES)} done",
        fraction=done / len(_STAGES),
    )
    run.result = {"status": "ok", "steps": list(_STAGES[:done]), "textOutput": f"{done} steps done."}


async def _fail(run: Run) -> None:
    raise StepError(run.text("message", "this playbook always fails"))


async def _produce(run: Run) -> None:
    size = _number(run, "bytes", _DEFAULT_LARGE_BYTES)
    if not 0 <= size <= _MAX_LARGE_BYTES:
        raise StepError(f"bytes must lie between 0 and {_MAX_LARGE_BYTES}")
    run.result = {"status": "ok", "textOutput": f"{int(size)} bytes.", "payload": "x" * int(size)}


async def _sleep(run: Run) -> None:
    seconds = _seconds(run, 30.0)
    await asyncio.sleep(seconds)
    run.result = {"status": "ok", "textOutput": f"Slept for {seconds:g} s."}


async def _think(run: Run) -> None:
    question = run.text("question") or run.text("query")
    await run.reporter.progress(run, step="think", message="Thinking", fraction=0.5)
    await asyncio.sleep(0.1)
    answer = f"You asked: {question} The answer is 42." if question else "Ask me something."
    run.result = {"status": "ok", "question": question, "textOutput": answer}


def _seconds(run: Run, default: float) -> float:
    seconds = _number(run, "seconds", default)
    if not 0 <= seconds <= 3600:
        raise StepError("seconds must lie between 0 and 3600")
    return seconds


def _number(run: Run, name: str, default: float) -> float:
    try:
        return run.number(name, default)
    except ValueError as exc:
        raise StepError(f"{name} must be a number") from exc

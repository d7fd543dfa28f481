import pytest
from tests.unit.http.asking import ask, served

from adapters.memory.health import MemoryHealth
from entrypoints.http.asgi import AsgiApp
from entrypoints.http.routes.health import health_routes

TEXT = b"text/plain; charset=utf-8"


def app_of(*dependencies: MemoryHealth, draining: bool = False) -> AsgiApp:
    async def exposition() -> bytes:
        return b"a 1\n"

    return served(*health_routes(dependencies, lambda: draining, exposition))


@pytest.mark.parametrize("problem", [None, "is not connected"])
async def test_a_process_that_lives_says_ok_whatever_is_behind_it(problem: str | None) -> None:
    answer = await ask(app_of(MemoryHealth("nats", problem), draining=True), "GET", "/health")
    assert (answer.status, answer.body, answer.header(b"content-type")) == (200, b"ok", TEXT)


async def test_it_is_ready_when_nothing_is_missing() -> None:
    answer = await ask(app_of(MemoryHealth("nats"), MemoryHealth("events")), "GET", "/ready")
    assert (answer.status, answer.json) == (200, {"status": "ready", "checks": {"nats": "ok", "events": "ok"}})


async def test_what_is_missing_is_named() -> None:
    answer = await ask(app_of(MemoryHealth("nats", "is not connected"), MemoryHealth("events")), "GET", "/ready")
    assert (answer.status, answer.json) == (
        503,
        {"status": "not ready", "checks": {"nats": "is not connected", "events": "ok"}},
    )


async def test_it_becomes_ready_by_itself() -> None:
    nats = MemoryHealth("nats", "is not connected")
    app = app_of(nats)
    assert (await ask(app, "GET", "/ready")).status == 503
    nats.problem = None
    assert (await ask(app, "GET", "/ready")).status == 200


async def test_a_process_that_drains_is_not_ready() -> None:
    answer = await ask(app_of(MemoryHealth("nats"), draining=True), "GET", "/ready")
    assert (answer.status, answer.json) == (
        503,
        {"status": "not ready", "checks": {"nats": "ok", "process": "draining"}},
    )


async def test_the_metrics_are_the_exposition() -> None:
    answer = await ask(app_of(), "GET", "/metrics")
    assert (answer.status, answer.body) == (200, b"a 1\n")
    assert answer.header(b"content-type") == b"text/plain; version=0.0.4; charset=utf-8"

"""What is measured, each as rows of the table: (path, value, target)."""

import asyncio
import json
import statistics
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from benchmarks import streams as sse
from benchmarks.loads import Cost, wrk
from benchmarks.setting import Setting

_GRAPHQL = """mutation($n: String!, $v: JSON, $c: String) {
  executePlaybook(name: $n, variables: $v, clientId: $c) { executionId requestId }
}"""


@dataclass(frozen=True, slots=True)
class Row:
    path: str
    value: str
    target: str


def _median(costs: list[Cost], place: int = 0) -> float:
    return statistics.median(cost.cpu[place] for cost in costs)


def _alternate(rounds: int, *loads: Callable[[], Cost]) -> list[list[Cost]]:
    """A B A B ...: the machine's moods hit all alike."""
    results: list[list[Cost]] = [[] for _ in loads]
    for _ in range(rounds):
        for place, load in enumerate(loads):
            results[place].append(load())
    return results


def _auth(setting: Setting) -> list[str]:
    return [f"Authorization: Bearer {setting.tokens[0]}"]


def _nats_messages(setting: Setting) -> int:
    with urllib.request.urlopen(f"{setting.monitor}/varz", timeout=5) as reply:
        found = json.load(reply)
    return int(found["in_msgs"]) + int(found["out_msgs"])


def proxied_get(setting: Setting, rounds: int) -> list[Row]:
    url, yard = f"http://127.0.0.1:{setting.port}/noetl/health", f"http://127.0.0.1:{setting.passing_port}/api/health"
    before = _nats_messages(setting)
    ours, bare = _alternate(
        rounds,
        lambda: wrk(url, [setting.gateway], headers=_auth(setting)),
        lambda: wrk(yard, [setting.passing]),
    )
    asked = _nats_messages(setting) - before
    requests = sum(cost.rate * 4 for cost in ours)
    ratio = _median(ours) / _median(bare)
    shown = f"{_median(ours):.0f} us, {ratio:.2f} x the pass-through ({_median(bare):.0f} us); {ours[0].rate:.0f}/s"
    return [
        Row("authenticated GET /noetl/..., warm session", shown, "at most 1.4 x"),
        Row("NATS messages during that", f"{asked} for {requests:.0f} requests", "none but heartbeats"),
    ]


def bodies(setting: Setting, rounds: int) -> list[Row]:
    base, yard = f"http://127.0.0.1:{setting.port}/noetl", f"http://127.0.0.1:{setting.passing_port}/api"
    upload = b"x" * (8 << 20)
    memory = setting.gateway.memory()
    rows = []
    for title, path, body in (("1 MiB responses", "/big", None), ("8 MiB uploads", "/upload", upload)):
        ours, bare = _alternate(
            rounds,
            lambda path=path, body=body: wrk(
                base + path, [setting.gateway], connections=4, headers=_auth(setting), body=body
            ),
            lambda path=path, body=body: wrk(yard + path, [setting.passing], connections=4, body=body),
        )
        rate = statistics.median(c.rate for c in ours) / statistics.median(c.rate for c in bare)
        rows.append(Row(title, f"{rate:.2f} x the throughput of the pass-through", "at least 0.9 x"))
    grown = (setting.gateway.memory() - memory) / (1 << 20)
    rows.append(Row("memory grown by both", f"{grown:.1f} MiB", "less than 10 MiB"))
    return rows


def validate(setting: Setting, rounds: int) -> list[Row]:
    body = json.dumps({"session_token": setting.tokens[0]}).encode()
    ours, yard = _alternate(
        rounds,
        lambda: wrk(f"http://127.0.0.1:{setting.port}/api/auth/validate", [setting.gateway], body=body),
        lambda: wrk(f"http://127.0.0.1:{setting.litestar_port}/json", [setting.litestar], body=body),
    )
    ratio = _median(ours) / _median(yard)
    shown = f"{_median(ours):.0f} us, {ratio:.2f} x a bare Litestar route ({_median(yard):.0f} us)"
    return [Row("POST /api/auth/validate, warm", shown, "at most 1.3 x")]


async def execute(setting: Setting, rounds: int) -> list[Row]:
    body = json.dumps({"session_token": "x"}).encode()
    opened, _ = await sse.open_streams(setting.port, setting.tokens[:1], 1)
    rows = []
    for title, client, target in (
        ("executePlaybook without clientId", None, "at most 4 x"),
        ("executePlaybook with clientId, nats-server included", opened[0].client_id, "at most 7 x"),
    ):
        call = {"query": _GRAPHQL, "variables": {"n": "bench/x", "v": {}, "c": client}}
        mine = json.dumps(call).encode()

        def both(mine: bytes = mine) -> list[list[Cost]]:
            return _alternate(
                rounds,
                lambda: wrk(
                    f"http://127.0.0.1:{setting.port}/graphql",
                    [setting.gateway, setting.nats],
                    headers=_auth(setting),
                    body=mine,
                ),
                lambda: wrk(f"http://127.0.0.1:{setting.litestar_port}/json", [setting.litestar], body=body),
            )

        ours, yard = await asyncio.to_thread(both)
        total = _median(ours) + (_median(ours, 1) if client else 0)
        shown = f"{total:.0f} us, {total / _median(yard):.1f} x a bare Litestar route; {ours[0].failures} failures"
        rows.append(Row(title, shown, target))
    sse.close(opened)
    return rows


async def idle_streams(setting: Setting, count: int = 10_000) -> list[Row]:
    before = setting.gateway.memory()
    opened, rate = await sse.open_streams(setting.port, setting.tokens, count)
    await asyncio.sleep(3)
    each = (setting.gateway.memory() - before) / count / 1024
    sse.close(opened)
    await asyncio.sleep(2)
    return [
        Row(f"idle SSE streams, {count}", f"{each:.1f} KB each", "at most 12 KB"),
        Row("streams accepted", f"{rate:.0f} per second", "at least 3 000 per second"),
    ]


async def _start_runs(client: httpx.AsyncClient, stream: sse.Stream, token: str, count: int) -> list[str]:
    ids: list[str] = []
    for _ in range(count):
        call = {"query": _GRAPHQL, "variables": {"n": "bench/x", "v": {}, "c": stream.client_id}}
        reply = await client.post("/graphql", json=call, headers={"authorization": f"Bearer {token}"})
        ids.append(reply.json()["data"]["executePlaybook"]["requestId"])
    return ids


async def callbacks(setting: Setting, pending: int = 2000, streams: int = 500, per_second: int = 300) -> list[Row]:
    """From the worker's POST to the browser's frame, with many requests pending and streams open."""
    opened, _ = await sse.open_streams(setting.port, setting.tokens, streams)
    base = f"http://127.0.0.1:{setting.port}"
    async with httpx.AsyncClient(base_url=base, timeout=30) as client:
        started = await asyncio.gather(
            *(_start_runs(client, stream, stream.token, pending // streams) for stream in opened[:streams])
        )
        ids = [one for some in started for one in some]
        await asyncio.sleep(3)
        posted: dict[str, float] = {}
        seen: dict[str, float] = {}
        for stream in opened:
            stream.taken = lambda data: _note(data, seen)
        begin = time.perf_counter()
        tasks = []
        for number, request_id in enumerate(ids[: per_second * 5]):
            await asyncio.sleep(max(0.0, begin + number / per_second - time.perf_counter()))
            posted[request_id] = time.perf_counter()
            body = {"request_id": request_id, "data": {"ok": True}}
            tasks.append(asyncio.ensure_future(client.post("/api/internal/callback/async", json=body)))
        await asyncio.gather(*tasks)
        await asyncio.sleep(1)
    sse.close(opened)
    times = sorted(1000 * (seen[one] - posted[one]) for one in posted if one in seen)
    missing = len(posted) - len(times)
    shown = f"p50 {times[len(times) // 2]:.1f} ms, p99 {times[int(len(times) * 0.99)]:.1f} ms, {missing} missing"
    title = f"callback to browser at {per_second}/s, {len(ids)} pending, {streams} streams"
    return [Row(title, shown, "p50 < 1.5, p99 < 6 ms")]


def _note(data: bytes, seen: dict[str, float]) -> None:
    now = time.perf_counter()
    place = data.find(b'playbook/result"')
    while place >= 0:
        start = data.find(b'"requestId":"', place) + 13
        seen.setdefault(data[start : start + 36].decode(), now)
        place = data.find(b'playbook/result"', start)


async def progress(setting: Setting, seconds: int = 5) -> list[Row]:
    opened, _ = await sse.open_streams(setting.port, setting.tokens[:1], 1)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{setting.port}", timeout=30) as client:
        (request_id,) = await _start_runs(client, opened[0], setting.tokens[0], 1)
    await asyncio.sleep(3)
    body = json.dumps({"request_id": request_id, "step": "s", "message": "m", "progress": 0.5}).encode()
    url = f"http://127.0.0.1:{setting.port}/api/internal/progress"
    before = opened[0].frames
    cost = await asyncio.to_thread(wrk, url, [setting.gateway, setting.nats], seconds=seconds, body=body)
    await asyncio.sleep(0.5)
    rate = (opened[0].frames - before) / seconds
    sse.close(opened)
    shown = f"{rate:.0f} per second, {cost.cpu[0]:.0f} + {cost.cpu[1]:.0f} us each"
    return [Row("progress frame, from POST to browser", shown, "at least 5 000 per second and process")]

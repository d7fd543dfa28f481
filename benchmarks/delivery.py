"""What reaches browsers: callbacks, progress, lifecycle events."""

import asyncio
import json
import time

import nats

from benchmarks import pending
from benchmarks import streams as sse
from benchmarks.loads import wrk
from benchmarks.poster import Poster
from benchmarks.rows import Row
from benchmarks.setting import Setting

_FIRST_EXECUTION = 600_000_000_000_000_000


def _clients(setting: Setting, opened: list[sse.Stream]) -> list[tuple[str, int]]:
    users = {token: number + 1 for number, token in enumerate(setting.tokens)}
    return [(stream.client_id, users[stream.token]) for stream in opened]


async def callbacks(setting: Setting, waiting: int = 10_000, streams: int = 2000, per_second: int = 300) -> list[Row]:
    """From the worker's POST to the browser's frame, with many requests pending and streams open."""
    opened, _ = await sse.open_streams(setting.port, setting.tokens, streams)
    requests = pending.pending_for(_clients(setting, opened), waiting, _FIRST_EXECUTION)
    await pending.store(setting, requests)
    poster = Poster(setting.port)
    await poster.open()
    posted: dict[str, float] = {}
    seen: dict[str, float] = {}
    for stream in opened:
        stream.taken = lambda data: _note(data, seen)
    before = [process.cpu() for process in (setting.gateway, setting.nats)]
    begin, tasks = time.perf_counter(), []
    for number, request in enumerate(requests[: per_second * 5]):
        await asyncio.sleep(max(0.0, begin + number / per_second - time.perf_counter()))
        body = json.dumps({"request_id": request.request_id, "data": {"ok": True}}).encode()
        posted[request.request_id] = time.perf_counter()
        tasks.append(asyncio.ensure_future(poster.post(b"/api/internal/callback/async", body)))
    await asyncio.gather(*tasks)
    await asyncio.sleep(1)
    used = [p.cpu() - start for p, start in zip((setting.gateway, setting.nats), before, strict=True)]
    poster.close()
    sse.close(opened)
    times = sorted(1000 * (seen[one] - posted[one]) for one in posted if one in seen)
    each = [1e6 * seconds / len(posted) for seconds in used]
    shown = (
        f"p50 {times[len(times) // 2]:.1f} ms, p99 {times[int(len(times) * 0.99)]:.1f} ms, "
        f"{len(posted) - len(times)} missing; {each[0]:.0f} + {each[1]:.0f} us each"
    )
    title = f"callback to browser at {per_second}/s, {waiting} pending, {streams} streams"
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
    requests = pending.pending_for(_clients(setting, opened), 1, _FIRST_EXECUTION + 100_000)
    await pending.store(setting, requests)
    body = json.dumps({"request_id": requests[0].request_id, "step": "s", "message": "m", "progress": 0.5}).encode()
    url = f"http://127.0.0.1:{setting.port}/api/internal/progress"
    before = opened[0].frames
    cost = await asyncio.to_thread(wrk, url, [setting.gateway, setting.nats], seconds=seconds, body=body)
    await asyncio.sleep(0.5)
    rate = (opened[0].frames - before) / seconds
    sse.close(opened)
    shown = f"{rate:.0f} per second, {cost.cpu[0]:.0f} + {cost.cpu[1]:.0f} us each, {cost.failures} failures"
    return [Row("progress frame, from POST to browser", shown, "at least 5 000 per second and process")]


async def lifecycle(setting: Setting, bare_us: float, few: int = 100, many: int = 10_000) -> list[Row]:
    """`bare_us`: the pass-through's CPU per request."""
    opened, _ = await sse.open_streams(setting.port, setting.tokens[:10], 10)
    first = _FIRST_EXECUTION + 200_000
    requests = pending.pending_for(_clients(setting, opened), many, first)
    await pending.store(setting, requests[:few])
    with_few = await _events(setting, opened, [request.execution_id for request in requests[:few]])
    await pending.store(setting, requests[few:])
    with_many = await _events(setting, opened, [request.execution_id for request in requests[:few]])
    sse.close(opened)
    rows = []
    for count, (cpu, relayed) in ((few, with_few), (many, with_many)):
        shown = f"{cpu:.0f} us, {cpu / bare_us:.1f} x the pass-through, nats-server included; {relayed:.0%} relayed"
        rows.append(Row(f"lifecycle event, {count} pending", shown, "at most 6 x, whatever is pending"))
    return rows


async def _events(
    setting: Setting, opened: list[sse.Stream], executions: list[str], count: int = 6000, at_once: int = 300
) -> tuple[float, float]:
    """CPU microseconds per event of gateway and nats-server, and the share of events that came through.

    `at_once` events are under way at a time: the gateway gives up what comes while a thousand are waiting.
    """
    connection = await nats.connect(setting.nats_url)
    await asyncio.sleep(2)
    first = arrived = sum(stream.frames for stream in opened)
    watched = (setting.gateway, setting.nats)
    before = sum(process.cpu() for process in watched)
    for start in range(0, count, at_once):
        for number in range(start, start + at_once):
            execution = executions[number % len(executions)]
            event = {"event_type": "step.exit", "execution_id": execution, "event_id": time.time_ns()}
            await connection.publish(f"noetl.events.default.default.{execution}.0", json.dumps(event).encode())
        await connection.flush()
        arrived = await sse.arrived(opened, first + start + at_once, seconds=3)
    used = sum(process.cpu() for process in watched) - before
    await connection.close()
    return 1e6 * used / count, (arrived - first) / count

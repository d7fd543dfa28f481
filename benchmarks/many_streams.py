"""Ten thousand streams: opened, idle, and fanned out to."""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Iterator

import nats

from benchmarks import streams as sse
from benchmarks.rows import Row
from benchmarks.setting import Setting, setting

_HEADERS = {"Gateway-Event": "playbook/progress", "Gateway-Request": "bench", "Gateway-Stage": "none"}


async def many_streams(count: int = 10_000) -> list[Row]:
    """On a gateway of their own: one that has done other work has memory to spare that it does not give back."""
    with tempfile.TemporaryDirectory() as folder:
        async with setting(folder, peer=False) as fresh:
            with _apart(fresh):
                return await _measured(fresh, count)


@contextlib.contextmanager
def _apart(setting: Setting) -> Iterator[None]:
    """The gateway on a core of its own: else it is moved to and fro, and leaves its streams in the other's cache."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        setting.gateway.keep_to(cores[:1])
        setting.nats.keep_to(cores[1:])
        os.sched_setaffinity(0, cores[1:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


async def _measured(setting: Setting, count: int) -> list[Row]:
    before, used = setting.gateway.memory(), setting.gateway.cpu()
    opened, rate = await sse.open_streams(setting.port, setting.tokens, count)
    each_us = 1e6 * (setting.gateway.cpu() - used) / count
    await asyncio.sleep(3)
    each = (setting.gateway.memory() - before) / count / 1024
    rows = [
        Row(f"idle SSE streams, {count}", f"{each:.1f} KB each", "at most 12 KB"),
        Row("streams accepted", f"{rate:.0f} per second, {each_us:.0f} us each", "at least 3 000 per second"),
        await _burst(setting, opened),
        await _latency(setting, opened),
    ]
    sse.close(opened)
    return rows


def _subjects(opened: list[sse.Stream]) -> list[str]:
    return [f"noetl.gateway.clients.{stream.client_id.replace('-', '.', 1)}" for stream in opened]


async def _burst(setting: Setting, opened: list[sse.Stream], frames: int = 40_000) -> Row:
    """Frames put into the clients' history as fast as the driver can, each for the next stream."""
    connection = await nats.connect(setting.nats_url)
    before = sum(stream.frames for stream in opened)
    watched = (setting.gateway, setting.nats)
    used = [process.cpu() for process in watched]
    subjects, begin = _subjects(opened), time.perf_counter()
    for number in range(frames):
        await connection.publish(subjects[number % len(subjects)], b'{"n":1}', headers=_HEADERS)
        if number % 500 == 499:
            await connection.flush(30)
    arrived = await sse.arrived(opened, before + frames) - before
    took = time.perf_counter() - begin
    each = [1e6 * (p.cpu() - start) / frames for p, start in zip(watched, used, strict=True)]
    await connection.close()
    shown = (
        f"{arrived / took:.0f} per second with the driver on another core, {arrived / frames:.0%} arrived; "
        f"{each[0]:.0f} + {each[1]:.0f} us each, so {1e6 / each[0]:.0f} per second and core"
    )
    return Row(f"frames fanned out to {len(opened)} streams", shown, "at least 50 000 per second and process")


async def _latency(setting: Setting, opened: list[sse.Stream], per_second: int = 10_000, seconds: int = 3) -> Row:
    connection = await nats.connect(setting.nats_url)
    times: list[float] = []
    for stream in opened:
        stream.taken = lambda data: _note(data, times)
    subjects, begin = _subjects(opened), time.perf_counter()
    for number in range(per_second * seconds):
        if number % 50 == 0:
            await asyncio.sleep(max(0.0, begin + number / per_second - time.perf_counter()))
        text = b'{"at":%d}' % time.perf_counter_ns()
        await connection.publish(subjects[number % len(subjects)], text, headers=_HEADERS)
    await connection.flush(30)
    await asyncio.sleep(1)
    await connection.close()
    times.sort()
    shown = f"p50 {times[len(times) // 2]:.1f} ms, p99 {times[int(len(times) * 0.99)]:.1f} ms, {len(times)} frames"
    return Row(f"the same at {per_second} per second", shown, "p99 under 50 ms at 10 000 per second")


def _note(data: bytes, times: list[float]) -> None:
    now = time.perf_counter_ns()
    place = data.find(b'{"at":')
    while place >= 0:
        end = data.find(b"}", place)
        if end > 0:
            times.append((now - int(data[place + 6 : end])) / 1e6)
        place = data.find(b'{"at":', place + 6)

"""Requests and their answers, each measured beside its yardstick."""

import asyncio
import functools
import json
import statistics
import tempfile
import urllib.request

from benchmarks import streams as sse
from benchmarks.loads import SECONDS, Cost, wrk
from benchmarks.rows import Row, alternate, median
from benchmarks.setting import Setting, setting

_GRAPHQL = """mutation($n: String!, $v: JSON, $c: String) {
  executePlaybook(name: $n, variables: $v, clientId: $c) { executionId requestId }
}"""


def _auth(setting: Setting) -> list[str]:
    return [f"Authorization: Bearer {setting.tokens[0]}"]


def _nats_messages(setting: Setting) -> int:
    with urllib.request.urlopen(f"{setting.monitor}/varz", timeout=5) as reply:
        found = json.load(reply)
    return int(found["in_msgs"]) + int(found["out_msgs"])


async def proxied_get(fast: Setting, rounds: int) -> list[Row]:
    """A second gateway, on a NATS of its own, has the fast lane turned off."""
    yard = f"http://127.0.0.1:{fast.passing_port}/api/health"
    with tempfile.TemporaryDirectory() as folder:
        async with setting(folder, sessions=1, peer=False, GATEWAY_FAST_LANE="false") as normal:
            before = [_nats_messages(each) for each in (normal, fast)]
            loads = [functools.partial(_get, each) for each in (normal, fast)]
            by_asgi, below, bare = await asyncio.to_thread(
                alternate, rounds, *loads, functools.partial(wrk, yard, [fast.passing])
            )
            asked = sum(map(_nats_messages, (normal, fast))) - sum(before)
    requests = sum(cost.rate * SECONDS for cost in by_asgi + below)
    return [
        Row("authenticated GET /noetl/..., warm session", _beside(by_asgi, bare), "at most 1.4 x"),
        Row("the same through the fast lane", _beside(below, bare), "at most 0.8 x"),
        Row("NATS messages during both", f"{asked} for {requests:.0f} requests", "none but heartbeats"),
    ]


def _get(made: Setting) -> Cost:
    return wrk(f"http://127.0.0.1:{made.port}/noetl/health", [made.gateway], headers=_auth(made))


def _beside(ours: list[Cost], bare: list[Cost]) -> str:
    rate = statistics.median(cost.rate for cost in ours)
    ratio = median(ours) / median(bare)
    return f"{median(ours):.0f} us, {ratio:.2f} x the pass-through ({median(bare):.0f} us); {rate:.0f}/s"


def peer_get(setting: Setting, rounds: int) -> list[Row]:
    """Another gateway over the same request, with what both make nats-server do."""
    if setting.peer is None:
        return []
    url = f"http://127.0.0.1:{setting.port}/noetl/health"
    other = f"http://127.0.0.1:{setting.peer_port}/noetl/health"
    peer = setting.peer
    ours, theirs = alternate(
        rounds,
        lambda: wrk(url, [setting.gateway, setting.nats], headers=_auth(setting)),
        lambda: wrk(other, [peer, setting.nats], headers=_auth(setting)),
    )
    mine, its = median(ours) + median(ours, 1), median(theirs) + median(theirs, 1)
    shown = f"{median(theirs):.0f} + {median(theirs, 1):.0f} us of nats-server; {theirs[0].failures} failures"
    return [Row("the same GET through BENCH_PEER", f"{shown}; this gateway costs {mine / its:.2f} x that", "")]


async def two_workers(one: Setting, rounds: int) -> list[Row]:
    """A second gateway with two processes, on a NATS of its own."""
    with tempfile.TemporaryDirectory() as folder:
        async with setting(folder, sessions=1, peer=False, GATEWAY_WORKERS="2") as two:
            loads = [functools.partial(_get, each) for each in (one, two)]
            single, double = await asyncio.to_thread(alternate, rounds, *loads)
    rate = statistics.median(c.rate for c in double) / statistics.median(c.rate for c in single)
    shown = f"{median(double) / median(single):.2f} x the CPU per request of one worker, {rate:.2f} x its rate"
    return [Row("two workers, the same GET", shown, "CPU per request does not grow (the driver shares the cores)")]


def bodies(setting: Setting, rounds: int) -> list[Row]:
    base, yard = f"http://127.0.0.1:{setting.port}/noetl", f"http://127.0.0.1:{setting.passing_port}/api"
    upload = b"x" * (8 << 20)
    memory = setting.gateway.memory()
    rows = []
    for title, path, body in (("1 MiB responses", "/big", None), ("8 MiB uploads", "/upload", upload)):
        load = functools.partial(wrk, connections=4, body=body)
        ours, bare = alternate(
            rounds,
            functools.partial(load, base + path, [setting.gateway], headers=_auth(setting)),
            functools.partial(load, yard + path, [setting.passing]),
        )
        rate = statistics.median(c.rate for c in ours) / statistics.median(c.rate for c in bare)
        rows.append(Row(title, f"{rate:.2f} x the throughput of the pass-through", "at least 0.9 x"))
    grown = (setting.gateway.memory() - memory) / (1 << 20)
    rows.append(Row("memory grown by both", f"{grown:.1f} MiB", "less than 10 MiB"))
    return rows


def validate(setting: Setting, rounds: int) -> list[Row]:
    body = json.dumps({"session_token": setting.tokens[0]}).encode()
    ours, yard = alternate(
        rounds,
        lambda: wrk(f"http://127.0.0.1:{setting.port}/api/auth/validate", [setting.gateway], body=body),
        lambda: wrk(f"http://127.0.0.1:{setting.litestar_port}/json", [setting.litestar], body=body),
    )
    ratio = median(ours) / median(yard)
    shown = f"{median(ours):.0f} us, {ratio:.2f} x a bare Litestar route ({median(yard):.0f} us)"
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
            return alternate(
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
        total = median(ours) + (median(ours, 1) if client else 0)
        shown = f"{total:.0f} us, {total / median(yard):.1f} x a bare Litestar route; {ours[0].failures} failures"
        rows.append(Row(title, shown, target))
    sse.close(opened)
    return rows

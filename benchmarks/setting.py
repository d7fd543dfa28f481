"""The parts under load: upstream, NATS, gateway, yardsticks."""

import asyncio
import contextlib
import json
import os
import secrets
import shlex
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import nats

from benchmarks.processes import Measured, until_answering
from entrypoints.demo.nats_binary import nats_binary
from entrypoints.demo.ports import free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """`tokens`: live sessions in the store; the gateway's own port is `port`. `peer`: what BENCH_PEER names."""

    upstream: Measured
    nats: Measured
    nats_url: str
    monitor: str
    gateway: Measured
    port: int
    bare: Measured
    bare_port: int
    passing: Measured
    passing_port: int
    litestar: Measured
    litestar_port: int
    tokens: list[str]
    peer: Measured | None = None
    peer_port: int = 0


@contextlib.asynccontextmanager
async def setting(folder: str, sessions: int = 600, *, peer: bool = True, **variables: str) -> AsyncIterator[Setting]:
    python = sys.executable
    ports = [free_port() for _ in range(8)]
    upstream_port, nats_port, monitor_port, gateway_port, bare_port, passing_port, litestar_port, peer_port = ports
    running = contextlib.ExitStack()

    def start(command: list[str], **more: str) -> Measured:
        process = Measured(command, more)
        running.callback(process.end)
        return process

    with running:
        upstream = start([python, "-m", "benchmarks.upstream", str(upstream_port)])
        base = f"http://127.0.0.1:{upstream_port}"
        server = [str(nats_binary()), "-a", "127.0.0.1", "-p", str(nats_port), "-m", str(monitor_port)]
        broker = start([*server, "-js", "-sd", folder])
        nats_url = f"nats://127.0.0.1:{nats_port}"
        surroundings = {
            "NATS_URL": nats_url,
            "NOETL_BASE_URL": base,
            "GATEWAY_BIND": "127.0.0.1",
            "GATEWAY_AUTH0_DOMAIN": "bench.example.com",
            "GATEWAY_AUTH0_CLIENT_ID": "bench",
            "NOETL_AUTHZ_SYNC": "true",
            "NATS_SESSION_CACHE_TTL_SECS": "3600",
        }
        gateway = start(
            [python, "-m", "entrypoints", "serve"],
            **surroundings,
            ROUTER_PORT=str(gateway_port),
            GATEWAY_LOG_LEVEL="warning",
            GATEWAY_RATE_LIMIT_AUTH="0",
            GATEWAY_STREAMS_PER_USER="20000",
            **variables,
        )
        uvicorn = [python, "-m", "uvicorn", "--no-access-log", "--loop", "uvloop", "--http", "httptools", "--port"]
        bare = start([*uvicorn, str(bare_port), "benchmarks.yardsticks:ok"])
        passing = start([*uvicorn, str(passing_port), "benchmarks.yardsticks:pass_through"], BENCH_UPSTREAM=base)
        litestar = start([*uvicorn, str(litestar_port), "benchmarks.yardsticks:litestar"])
        await asyncio.to_thread(until_answering, f"http://127.0.0.1:{gateway_port}/ready")
        other = None
        if peer and (command := os.environ.get("BENCH_PEER")):
            other = start(shlex.split(command), **surroundings, ROUTER_PORT=str(peer_port))
            await asyncio.to_thread(until_answering, f"http://127.0.0.1:{peer_port}/health")
        await asyncio.to_thread(until_answering, f"http://127.0.0.1:{passing_port}/api/x")
        await asyncio.to_thread(until_answering, f"http://127.0.0.1:{bare_port}/")
        yield Setting(
            upstream=upstream,
            nats=broker,
            nats_url=nats_url,
            monitor=f"http://127.0.0.1:{monitor_port}",
            gateway=gateway,
            port=gateway_port,
            bare=bare,
            bare_port=bare_port,
            passing=passing,
            passing_port=passing_port,
            litestar=litestar,
            litestar_port=litestar_port,
            tokens=await _sessions(nats_url, sessions),
            peer=other,
            peer_port=peer_port,
        )


async def _sessions(nats_url: str, count: int) -> list[str]:
    client = await nats.connect(nats_url)
    bucket = await client.jetstream().key_value("sessions")
    tokens = [secrets.token_hex(16) for _ in range(count)]
    for number, token in enumerate(tokens):
        session = {
            "session_token": token,
            "user_id": number + 1,
            "email": f"user{number}@example.com",
            "display_name": "User",
            "expires_at": "2099-01-01 00:00:00+00",
            "is_active": True,
            "roles": ["admin"],
        }
        await bucket.put(token, json.dumps(session).encode())
    await client.close()
    return tokens

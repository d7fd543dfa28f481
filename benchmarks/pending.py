"""Requests that clients wait for, written straight into the bucket: starting thousands of runs takes minutes."""

import asyncio
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import nats

from benchmarks.setting import Setting

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Pending:
    request_id: str
    execution_id: str
    client_id: str
    user_id: int


def pending_for(clients: Sequence[tuple[str, int]], count: int, first_execution: int) -> list[Pending]:
    """`clients`: client id and user id, taken in turn."""
    return [
        Pending(str(uuid.uuid4()), str(first_execution + number), *clients[number % len(clients)])
        for number in range(count)
    ]


async def store(setting: Setting, requests: Sequence[Pending]) -> None:
    connection = await nats.connect(setting.nats_url)
    bucket = await connection.jetstream().key_value("requests")
    for start in range(0, len(requests), _AT_ONCE):
        some = requests[start : start + _AT_ONCE]
        await asyncio.gather(*(bucket.put(key, value) for one in some for key, value in _entries(one)))
    await connection.close()


def _entries(request: Pending) -> list[tuple[str, bytes]]:
    record = {
        "client_id": request.client_id,
        "execution_id": request.execution_id,
        "playbook_path": "bench/x",
        "created_at": int(time.time()),
        "user_id": request.user_id,
        "announced_at": time.time() - 60,
    }
    pointer = json.dumps({"request_id": request.request_id}).encode()
    return [
        (request.request_id, json.dumps(record).encode()),
        (f"x.{request.execution_id}.{request.request_id}", pointer),
        (f"c.{request.client_id}.{request.request_id}", pointer),
    ]

"""The sessions' bucket as playbooks and operators see it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nats
from nats.js.errors import KeyNotFoundError
from nats.js.kv import KeyValue
from tests.integration.gateway.conftest import Deployment


@asynccontextmanager
async def bucket(deployment: Deployment, variable: str = "NATS_SESSION_BUCKET") -> AsyncIterator[KeyValue]:
    connection = await nats.connect(deployment.behind.nats_url)
    try:
        yield await connection.jetstream(timeout=5).key_value(deployment.variables[variable])
    finally:
        await connection.close()


async def store(deployment: Deployment, token: str, value: object) -> None:
    """As a playbook does it: JSON, or bytes as they are."""
    async with bucket(deployment) as sessions:
        await sessions.put(token, value if isinstance(value, bytes) else json.dumps(value).encode())


async def forget(deployment: Deployment, token: str) -> None:
    async with bucket(deployment) as sessions:
        await sessions.delete(token)


async def stored_session(deployment: Deployment, token: str) -> Any:
    async with bucket(deployment) as sessions:
        try:
            value = (await sessions.get(token)).value
        except KeyNotFoundError:
            return None
    return json.loads(value) if value else None

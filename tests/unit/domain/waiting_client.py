"""A client that waits for a run, and what it is told."""

import json
from dataclasses import dataclass

from tests.unit.domain.gateway import ALICE, PLAYBOOK, Gateway

from domain.clients import Client
from domain.events import StoredFrame
from domain.playbooks import ExecutionOrder


@dataclass(frozen=True, slots=True)
class WaitingClient:
    gateway: Gateway
    client: Client
    request_id: str
    execution_id: str

    async def frames(self) -> list[StoredFrame]:
        replay = await self.gateway.streams.replay(self.client.client_id, self.client.position)
        return list(replay.frames)

    async def told(self) -> list[dict[str, object]]:
        return [json.loads(frame.data)["params"] for frame in await self.frames()]

    async def kinds(self) -> list[object]:
        """The event types of state frames, the methods of others."""
        frames = await self.frames()
        return [json.loads(frame.data)["params"].get("event_type", frame.event) for frame in frames]


async def a_waiting_client(gateway: Gateway) -> WaitingClient:
    session = await gateway.logged_in()
    client = await gateway.clients.open(ALICE.user_id, await gateway.streams.position())
    started = await gateway.execute(session, ExecutionOrder(path=PLAYBOOK), str(client.client_id))
    assert started.request_id is not None
    return WaitingClient(gateway, client, started.request_id, started.execution.execution_id)

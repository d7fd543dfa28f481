"""Two gateways on a real NATS server of their own, for the contract suites."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.contracts.replicas import Replica
from tests.integration.nats.gateways import Gateway, gateway
from tests.integration.nats.servers import NatsServer, eventually

from adapters.nats.event_streams import share_consumer
from adapters.nats.jetstream_api import call
from adapters.system.clock import SystemClock
from domain.clients import ClientId
from domain.events import ExecutionEvent

STREAM = "GATEWAY_CLIENTS"


class NatsReplicas:
    def __init__(self, server: NatsServer, here: Gateway, there: Gateway) -> None:
        self.clock = SystemClock()
        self._server = server
        self._gateways = (here, there)
        self.here = _replica(here)
        self.there = _replica(there)

    async def outage(self) -> None:
        self._server.kill()
        await eventually(lambda: not any(each.connection.is_connected for each in self._gateways))

    async def recovery(self) -> None:
        self._server.start()
        await eventually(lambda: not any(each.connection.trouble() for each in self._gateways))

    async def trim(self, client_id: ClientId) -> None:
        """Others lose theirs too, as with age."""
        await self._ask(f"STREAM.PURGE.{STREAM}", {})

    async def lose_history(self) -> None:
        await self._ask(f"STREAM.DELETE.{STREAM}", {})

    async def happen(self, event: ExecutionEvent) -> None:
        """In the form of the Python server; the id is a number in the payload."""
        payload = {
            "event_id": event.event_id,
            "execution_id": int(event.execution_id),
            "event_type": event.event_type,
            "status": event.status,
            "created_at": event.at,
            "node_name": event.step_name,
        }
        connection = self._gateways[0].connection
        await connection.publish(f"noetl.events.default.default.{event.execution_id}.0", json.dumps(payload).encode())

    async def _ask(self, what: str, body: dict[str, str]) -> None:
        await self._gateways[0].connection.request(f"$JS.API.{what}", json.dumps(body).encode())


def _replica(gateway: Gateway) -> Replica:
    return Replica(
        sessions=gateway.sessions,
        session_ends=gateway.session_ends,
        revocations=gateway.revocations,
        tickets=gateway.tickets,
        inbox=gateway.inbox,
        pending=gateway.pending,
        started=gateway.started,
        clients=gateway.clients,
        streams=gateway.streams,
        events=gateway.events,
    )


@asynccontextmanager
async def nats_replicas(server: NatsServer) -> AsyncIterator[NatsReplicas]:
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(gateway(server.url))
        there = await stack.enter_async_context(gateway(server.url))
        for each in (here, there):
            await eventually(each.sees_everything)
        await _keep_events(here)
        yield NatsReplicas(server, here, there)


async def _keep_events(gateway: Gateway) -> None:
    """As in a deployment that has run before: a stream holds the events, and the gateways' consumer is there."""
    link = gateway.connection.link
    await call(link, "STREAM.CREATE.NOETL_EVENTS", {"name": "NOETL_EVENTS", "subjects": ["noetl.events.>"]}, dict)
    await call(link, "STREAM.PURGE.NOETL_EVENTS", None, dict)
    await share_consumer(link, "NOETL_EVENTS", "noetl-gateway", "noetl.events.>")

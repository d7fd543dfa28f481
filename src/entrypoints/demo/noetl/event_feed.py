"""Publishes the events of executions on NATS."""

import asyncio
import logging
from typing import Protocol

import msgspec
import nats.errors
from nats.aio.client import Client

from entrypoints.demo.json_types import JsonObject
from entrypoints.demo.noetl.faults import Faults

_log = logging.getLogger(__name__)

SUBJECTS = "noetl.events.>"
STREAM = "NOETL_EVENTS"


class EventFeed(Protocol):
    async def open(self) -> None: ...

    async def publish(self, event: JsonObject) -> None: ...


class NoEventFeed:
    """For a server without NATS."""

    async def open(self) -> None:
        """There is nothing to open."""

    async def publish(self, event: JsonObject) -> None:
        """Nobody listens."""


class NatsEventFeed:
    """Plain core messages under the Python server's subjects, or the Rust server's if the fault says so.

    `keep` also creates a JetStream stream over them, as some deployments have it. What NATS does not take is
    logged and gone, as in the original.
    """

    def __init__(self, connection: Client, faults: Faults, *, keep: bool) -> None:
        self._connection = connection
        self._faults = faults
        self._keep = keep

    async def open(self) -> None:
        if self._keep:
            await self._connection.jetstream(timeout=5).add_stream(name=STREAM, subjects=[SUBJECTS])

    async def publish(self, event: JsonObject) -> None:
        if self._faults.event_type_subjects:
            subject = f"noetl.events.{event['event_type']}"
        else:
            subject = f"noetl.events.default.default.{event['execution_id']}.0"
        try:
            async with asyncio.timeout(5):
                await self._connection.publish(subject, msgspec.json.encode(event, order="sorted"))
        except (nats.errors.Error, TimeoutError) as exc:
            _log.warning("event %s of %s not published: %r", event["event_type"], event["execution_id"], exc)

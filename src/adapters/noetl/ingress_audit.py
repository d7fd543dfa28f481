import asyncio
import logging
from types import TracebackType
from typing import Self

from adapters.noetl.api_client import NoetlApi
from domain.errors import GatewayError
from domain.json_values import JsonObject
from domain.ports.ingress_audit import DirectivesApplied

log = logging.getLogger(__name__)
_FAREWELL_SECONDS = 5.0


class NoetlIngressAudit:
    """Writes to NoETL's event log in the background, so that no acknowledgement waits for it (D54).

    `writers` events are on their way at a time and `capacity` wait; what comes on top is lost, with a log line.
    Events are written between entering and leaving; leaving takes up to five seconds for those that still wait.
    """

    def __init__(self, api: NoetlApi, *, writers: int = 4, capacity: int = 1000) -> None:
        self._api = api
        self._writers = writers
        self._waiting: asyncio.Queue[DirectivesApplied] = asyncio.Queue(capacity)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self._write_on(), name=f"ingress audit {number}") for number in range(self._writers)
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self._waiting.join()
        except TimeoutError:
            log.warning("audit events of deliveries are lost: NoETL does not take them in time")
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)

    def record(self, event: DirectivesApplied) -> None:
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            log.warning("the audit event of execution %s is lost: too many wait already", event.execution_id)

    async def _write_on(self) -> None:
        while True:
            event = await self._waiting.get()
            try:
                await self._write(event)
            except GatewayError as error:
                log.warning("the audit event of execution %s is lost: %s", event.execution_id, error.code)
            except Exception:  # one event must not end the writing of all others
                log.exception("the audit event of execution %s is lost", event.execution_id)
            finally:
                self._waiting.task_done()

    async def _write(self, event: DirectivesApplied) -> None:
        reply = await self._api.post("/api/events", audit_event(event))
        if not reply.is_success:
            log.warning("the audit event of execution %s is lost: status %d", event.execution_id, reply.status)


def audit_event(event: DirectivesApplied) -> JsonObject:
    plan = event.plan
    applied = [
        {"header": one.header, "controls": one.control.value, "effective_value": one.effective_value}
        for one in plan.applied
    ]
    return {
        "execution_id": event.execution_id,
        "step": "ingress",
        "event_type": "subscription.message.directives_applied",
        "status": "APPLIED",
        "context": {
            "message_id": event.message_id,
            "applied": applied,
            "route_override": {"playbook": plan.playbook, "pool": plan.execution_pool},
            "trace": plan.trace,
        },
        "worker_id": "gateway",
        "meta": {"emitter": "gateway_ingress"},
    }

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.callbacks import PendingRequest
from domain.clients import ClientId
from domain.errors import ClientNotOwned, GatewayError, RequestMalformed, StoreUnavailable
from domain.events import EventId
from domain.identity import Session
from domain.json_values import JsonValue
from domain.playbooks import Execution, ExecutionOrder
from domain.ports.client_registry import ClientRegistry
from domain.ports.client_streams import ClientStreams
from domain.ports.clock import Clock
from domain.ports.pending_requests import PendingRequests
from domain.ports.playbook_runner import PlaybookRunner
from domain.ports.started_requests import StartedRequests
from domain.use_cases.authorize_playbook import AuthorizePlaybook

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """`request_id` and `position` are there when a client waits: its frames come after `position`."""

    execution: Execution
    request_id: str | None = None
    position: EventId | None = None
    client_id: ClientId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedRun:
    """Books a client's wait around the start of a run, so that no answer comes too early or is lost (D21).

    `gateway_url` is where workers post their answers.
    """

    clients: ClientRegistry
    streams: ClientStreams
    pending: PendingRequests
    announced: StartedRequests
    runner: PlaybookRunner
    clock: Clock
    gateway_url: str

    async def book(self, session: Session, client_text: str, playbook_path: str) -> tuple[PendingRequest, EventId]:
        """Raises ClientNotOwned, StoreUnavailable."""
        client_id = ClientId.parse(client_text)
        if client_id is None or await self.clients.owner(client_id) != session.user.user_id:
            raise ClientNotOwned
        position = await self.streams.recent_position()
        request = PendingRequest(
            request_id=str(uuid.uuid4()),
            client_id=str(client_id),
            user_id=session.user.user_id,
            playbook_path=playbook_path,
            created_at=int(self.clock.now()),
        )
        await self.pending.add(request)
        return request, position

    def workload(self, given: JsonValue, request: PendingRequest) -> JsonValue:
        """`given` with what the worker needs to answer.

        Raises RequestMalformed unless it is an object: the client would wait in vain (D38).
        """
        if not isinstance(given, Mapping):
            raise RequestMalformed("variables must be an object when a clientId is given.")
        return {**given, "request_id": request.request_id, "gateway_url": self.gateway_url}

    async def started(self, request: PendingRequest, execution: Execution, position: EventId) -> Started:
        """Raises StoreUnavailable; the run has been cancelled then."""
        record = request.started(execution.execution_id, self.clock.now())
        try:
            await self.pending.save(record)
        except StoreUnavailable:
            # Results of this run could not be matched any more; better a clear failure than a vain wait (D38).
            await self._cancel(execution.execution_id)
            raise
        await self.announced.tell(record)
        return Started(
            execution=execution,
            request_id=record.request_id,
            position=position,
            client_id=ClientId.parse(record.client_id),
        )

    async def _cancel(self, execution_id: str) -> None:
        try:
            await self.runner.cancel(execution_id, "The gateway could not record who waits for the result")
        except GatewayError as error:
            log.warning("execution %s could not be cancelled: %s", execution_id, error.code)

    async def abandon(self, request: PendingRequest) -> None:
        try:
            await self.pending.discard(request)
        except StoreUnavailable:
            log.warning("a request whose execution did not start stays listed until it expires")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutePlaybook:
    """Runs a playbook or an agent for a session; with a client, its results arrive on the client's stream.

    Raises what AuthorizePlaybook, PlaybookRunner.execute and AwaitedRun raise; then nothing was started, except
    when the message store fails after NoETL has answered: the run is cancelled and StoreUnavailable raised.
    """

    authorize: AuthorizePlaybook
    runner: PlaybookRunner
    awaited: AwaitedRun

    async def __call__(self, session: Session, order: ExecutionOrder, client_id: str | None) -> Started:
        await self._authorize(session, order)
        if client_id is None:
            return Started(execution=await self.runner.execute(replace(order, on_behalf_of=session)))
        return await self._for_client(session, order, client_id)

    async def _authorize(self, session: Session, order: ExecutionOrder) -> None:
        if order.path is not None:
            await self.authorize(session, order.path)
        elif order.catalog_id is not None:
            await self.authorize.by_catalog_id(session, order.catalog_id)
        else:
            raise RequestMalformed("Either 'path' or 'catalog_id' must be provided.")

    async def _for_client(self, session: Session, order: ExecutionOrder, client_id: str) -> Started:
        request, position = await self.awaited.book(session, client_id, order.path or order.catalog_id or "")
        try:
            workload = self.awaited.workload({} if order.workload is None else order.workload, request)
            execution = await self.runner.execute(replace(order, workload=workload, on_behalf_of=session))
        except GatewayError:
            await self.awaited.abandon(request)
            raise
        return await self.awaited.started(request, execution, position)

import logging
from dataclasses import dataclass

from domain.errors import GatewayError
from domain.expiring_memory import ExpiringMemory
from domain.ingress.deduplication import MessageKey
from domain.ingress.messages import Message
from domain.ingress.orders import order_of
from domain.ingress.rejections import DeliveryRejected, Reason
from domain.playbooks import Execution, RunStatus
from domain.ports.ingress_audit import DirectivesApplied, IngressAudit
from domain.ports.ingress_counter import IngressCounter
from domain.ports.playbook_runner import PlaybookRunner
from domain.single_flight import SingleFlight

log = logging.getLogger(__name__)
_DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchMessage:
    """Starts one execution per message and returns its id.

    The same message again within `window_secs` (a sender's retry, or a replay) starts nothing and gives the id of
    the first time, for a sender whose acknowledgement got lost must not be told that it failed. `dispatched`
    remembers for this process, and must do so for as long; NoETL does for all of them. `window_secs` must be twice
    the replay window of VerifyDelivery, because the timestamp of a signature may also lie ahead.

    Raises DeliveryRejected (DISPATCH_ERROR): the sender should try again.
    """

    runner: PlaybookRunner
    audit: IngressAudit
    counter: IngressCounter
    dispatched: ExpiringMemory[MessageKey, str]
    flights: SingleFlight[MessageKey, str]
    window_secs: int

    async def __call__(self, message: Message) -> str:
        if message.key is None:
            return await self._dispatch(message)
        earlier = self.dispatched.get(message.key)
        if earlier is not None:
            log.info("a message for %s came again; nothing is started", message.listener.name)
            return earlier
        return await self.flights.run(message.key, lambda: self._dispatch(message))

    async def _dispatch(self, message: Message) -> str:
        try:
            execution = await self._execution(message)
        except GatewayError as error:
            log.error("a delivery for %s cannot be dispatched: %s", message.listener.name, error.code)
            raise DeliveryRejected(Reason.DISPATCH_ERROR) from error
        if message.key is not None:
            self.dispatched.put(message.key, execution.execution_id)
        if execution.status != _DUPLICATE:
            self._report(message, execution.execution_id)
        return execution.execution_id

    async def _execution(self, message: Message) -> Execution:
        """NoETL notes a key before it starts anything, so what it calls a duplicate may be of a run that never came
        about. Whoever asks for it again must not be told that all is well; once the note has aged, it runs.
        """
        execution = await self.runner.execute(order_of(message, self.window_secs))
        if execution.status == _DUPLICATE and await self.runner.status(execution.execution_id) is RunStatus.UNKNOWN:
            log.error(
                "NoETL takes a message for that of execution %s, which it does not know", execution.execution_id
            )
            raise DeliveryRejected(Reason.DISPATCH_ERROR)
        return execution

    def _report(self, message: Message, execution_id: str) -> None:
        self.counter.dispatched(message.listener.name)
        log.info("a delivery for %s is execution %s", message.listener.name, execution_id)
        if message.plan.applied or message.plan.trace is not None:
            message_id = message.envelope.message_id
            self.audit.record(DirectivesApplied(execution_id=execution_id, message_id=message_id, plan=message.plan))

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from domain.errors import BodyTooLarge, GatewayError, IdentityKeysUnavailable
from domain.ingress.deliveries import Delivery, Verified
from domain.ingress.dispatching import DispatchMessage
from domain.ingress.headers import header_map
from domain.ingress.listeners import Listener
from domain.ingress.messages import Message
from domain.ingress.rejections import DeliveryRejected, Reason
from domain.ingress.verification import VerifyDelivery
from domain.ports.ingress_counter import UNKNOWN_LISTENER, IngressCounter
from domain.ports.ingress_listeners import IngressListeners

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    execution_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptDelivery:
    """A push delivery starts one execution, if it is genuine; nothing of it has an effect before (wire 9.1).

    What `read_body` raises passes through; it is not called for listeners that do not exist.
    """

    listeners: IngressListeners
    verify: VerifyDelivery
    dispatch: DispatchMessage
    counter: IngressCounter

    async def __call__(
        self,
        name: str | None,
        headers: Iterable[tuple[bytes, bytes]],
        read_body: Callable[[], Awaitable[bytes]],
    ) -> Accepted | Rejected:
        """`name`: None for what cannot be a listener's."""
        try:
            listener = await self._listener(name)
        except DeliveryRejected as rejection:
            self.counter.received(UNKNOWN_LISTENER)
            return self._rejected(UNKNOWN_LISTENER, rejection.reason)
        self.counter.received(listener.name)
        try:
            delivery = Delivery(headers=header_map(headers), body=await read_body())
            return await self._accepted(listener, delivery)
        except DeliveryRejected as rejection:
            return self._rejected(listener.name, rejection.reason)
        except BodyTooLarge as error:
            self.counter.rejected(listener.name, error.code)
            raise

    async def _listener(self, name: str | None) -> Listener:
        try:
            listener = None if name is None else await self.listeners.find(name)
        except GatewayError as error:
            log.warning("the listener of a delivery cannot be looked up: %s", error)
            raise DeliveryRejected(Reason.CONFIG_ERROR) from error
        if listener is None:
            raise DeliveryRejected(Reason.UNKNOWN_LISTENER)
        return listener

    async def _accepted(self, listener: Listener, delivery: Delivery) -> Accepted:
        verified = await self._verified(listener, delivery)
        if listener.directives_problem is not None:
            log.error("%s refuses its deliveries: %s", listener.catalog_path, listener.directives_problem)
            raise DeliveryRejected(Reason.CONFIG_ERROR)
        return Accepted(await self.dispatch(Message.of(listener, delivery, verified)))

    async def _verified(self, listener: Listener, delivery: Delivery) -> Verified:
        try:
            return await self.verify(listener.verification, delivery)
        except IdentityKeysUnavailable as error:
            raise DeliveryRejected(Reason.JWKS_ERROR) from error

    def _rejected(self, label: str, reason: Reason) -> Rejected:
        log.info("a delivery for %s is rejected: %s", label, reason.value)
        self.counter.rejected(label, reason.value)
        return Rejected(reason)

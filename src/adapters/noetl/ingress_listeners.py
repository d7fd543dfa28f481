import logging
from urllib.parse import quote

import msgspec

from adapters.noetl.api_client import NoetlApi, Reply
from adapters.noetl.wire import DecodedJson
from domain.errors import UpstreamMisbehaved, UpstreamSuspended
from domain.expiring_memory import ExpiringMemory
from domain.ingress.directive_block import parse_directives
from domain.ingress.directives import Directives
from domain.ingress.listeners import Dispatch, Listener, Verification
from domain.json_values import JsonValue
from domain.ports.clock import Clock
from domain.single_flight import SingleFlight

log = logging.getLogger(__name__)
_KNOWN_SECONDS = 30.0
_UNKNOWN_SECONDS = 5.0
_FAMILIAR_SECONDS = 86_400.0
_LISTENERS = 10_000
_QUESTIONS_ABOUT_STRANGERS = 16


class VerifyBlock(msgspec.Struct):
    type: str
    header: str | None = None
    secret: str | None = None
    audience: str | None = None
    service_account: str | None = None

    def __repr__(self) -> str:
        return f"VerifyBlock({self.type!r})"


class DispatchBlock(msgspec.Struct):
    playbook: str
    payload_from: str = "message.json"
    execution_pool: str | None = None


class ListenerReply(msgspec.Struct):
    catalog_path: str
    verify: VerifyBlock
    dispatch: DispatchBlock
    subscription_id: str | int = ""
    listener: str | None = None
    source: str = "webhook"
    directives: DecodedJson = None


class NoetlIngressListeners:
    """Listeners as NoETL hands them to whoever has the internal token (wire 9.1).

    An answer is good for 30 seconds, that there is no such listener for 5 (D35). At most 16 names that were never
    known are asked about at a time; beyond that UpstreamSuspended is raised, so that a flood of invented names
    takes nothing from the real ones.
    """

    def __init__(self, *, api: NoetlApi, token: str, clock: Clock) -> None:
        self._api = api
        self._authorization = (b"authorization", f"Bearer {token}".encode())
        self._known: ExpiringMemory[str, Listener] = ExpiringMemory(
            clock, seconds=_KNOWN_SECONDS, capacity=_LISTENERS
        )
        self._unknown: ExpiringMemory[str, bool] = ExpiringMemory(
            clock, seconds=_UNKNOWN_SECONDS, capacity=_LISTENERS
        )
        self._familiar: ExpiringMemory[str, bool] = ExpiringMemory(
            clock, seconds=_FAMILIAR_SECONDS, capacity=_LISTENERS
        )
        self._flights: SingleFlight[str, Listener | None] = SingleFlight()
        self._strangers = 0

    async def find(self, name: str) -> Listener | None:
        listener = self._known.get(name)
        if listener is not None or self._unknown.get(name):
            return listener
        return await self._flights.run(name, lambda: self._look_up(name))

    async def _look_up(self, name: str) -> Listener | None:
        if self._familiar.get(name):
            return await self._ask(name)
        if self._strangers >= _QUESTIONS_ABOUT_STRANGERS:
            raise UpstreamSuspended("Too many unknown listeners are being asked for.")
        self._strangers += 1
        try:
            return await self._ask(name)
        finally:
            self._strangers -= 1

    async def _ask(self, name: str) -> Listener | None:
        reply = await self._api.get_with(f"/api/internal/ingress/{quote(name, safe='')}", (self._authorization,))
        if reply.status == 404:
            self._unknown.put(name, True)
            return None
        listener = _listener(name, reply)
        self._known.put(name, listener)
        self._familiar.put(name, True)
        return listener


def _listener(name: str, reply: Reply) -> Listener:
    if not reply.is_success:
        # 403 is a wrong internal token, 503 none on the server, 422 a subscription that NoETL cannot read.
        raise UpstreamMisbehaved(f"NoETL answered the question for a listener with status {reply.status}.")
    config = reply.decoded(ListenerReply)
    directives, problem = _directives(config.directives)
    return Listener(
        name=config.listener or name,
        catalog_path=config.catalog_path,
        subscription_id=str(config.subscription_id),
        verification=_verification(config.verify),
        dispatch=Dispatch(
            playbook=config.dispatch.playbook,
            payload_from=config.dispatch.payload_from,
            execution_pool=config.dispatch.execution_pool,
        ),
        source=config.source,
        directives=directives,
        directives_problem=problem,
    )


def _verification(block: VerifyBlock) -> Verification:
    return Verification(
        scheme=block.type,
        header=block.header,
        secret=block.secret,
        audience=block.audience,
        service_account=block.service_account,
    )


def _directives(block: JsonValue) -> tuple[Directives, str | None]:
    try:
        return parse_directives(block), None
    except ValueError as error:
        return Directives(), str(error)

"""A connection on which requests are answered one after the other, in the order in which they came."""

import asyncio
from collections.abc import Coroutine

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

from entrypoints.http.server.cycle import GatewayCycle, Http10Cycle
from entrypoints.http.server.edge import NEVER, Edge
from entrypoints.http.server.refusals import Refusal
from entrypoints.http.server.timed import BETWEEN
from entrypoints.http.server.upgrading import UpgradingProtocol
from entrypoints.http.server.waking import LeanEvent, LeanFlowControl


class AnsweringProtocol(UpgradingProtocol):
    __slots__ = ("resting",)

    def __init__(self, config: Config, server_state: Edge, app_state: dict[str, object]) -> None:
        super().__init__(config, server_state, app_state)
        self.resting = False
        """Whether the parser was given away, a tenth of a stream's memory, until the client says something."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = LeanFlowControl(transport)
        self.edge.http_connections.add(self)
        self.deadline = self.edge.now + self.edge.limits.head_secs

    def connection_lost(self, exc: Exception | None) -> None:
        self.edge.http_connections.discard(self)
        active = self.extension.active
        if active is not None and not active.response_complete:
            self.tell_gone(active)
        super().connection_lost(exc)
        self.waiting.clear()
        self.latest = self.extension.active = None

    def open_cycle(self, version: str, *, expects_continue: bool) -> None:
        cycle = (GatewayCycle if version == "1.1" else Http10Cycle)(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.edge.default_headers,
            message_event=LeanEvent(),
            expect_100_continue=expects_continue,
            keep_alive=version == "1.1" and self.edge.keep_alive and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        cycle.belong_to(self)
        if not self.answering:
            self._start(cycle)
        elif len(self.waiting) < self.edge.limits.pipelined:
            self.flow.pause_reading()
            self.waiting.append(cycle)
        else:
            raise Refusal(400, "Too many requests were sent before their answers were read.")
        self.latest = cycle
        self.unread_bytes = 0

    def _start(self, cycle: GatewayCycle) -> None:
        self.extension.begin(cycle)
        self.spawn(cycle.run_asgi(self.app))

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def outlived(self) -> None:
        if self.phase or self.waiting:
            return
        self.headers, self.noted, self.url = [], [], b""
        self.parser = None  # type: ignore[assignment]
        self.resting = True
        if self.latest is not None:
            self.scope = self.latest.scope

    def on_body(self, body: bytes) -> None:
        self.body_bytes += len(body)
        cycle = self.latest
        if cycle is None or cycle.response_complete:
            self.unread_bytes += len(body)
            return
        cycle.take_body(body)
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        cycle = self.latest
        if self.upgrading or cycle is None:
            return
        self.phase = BETWEEN
        self.message_ended = True
        if cycle.response_complete:
            self.deadline = self.edge.idle_deadline
        else:
            self.deadline = NEVER
            cycle.more_body = False
            cycle.message_event.set()
            if self.flow.write_paused:
                self.await_sending()

    def on_response_complete(self) -> None:
        answered = self.extension.active
        if self.transport.is_closing() or (answered is not None and answered.closes):
            self.phase = BETWEEN
            self.hang_up()
            return
        self.flow.resume_reading()
        if self.waiting:
            self._start(self.waiting.pop(0))
        elif not self.say_pending_last_words() and not self.phase and not self.deaf:
            self.deadline = self.edge.idle_deadline

"""The server's protocol with a lane below ASGI."""

from typing import cast

from uvicorn.config import Config

from entrypoints.http.asgi import Scope
from entrypoints.http.fast_lane.cycle import LaneCycle
from entrypoints.http.fast_lane.lane import Errand, FastLane, LastRequest
from entrypoints.http.proxy.app import PREFIX
from entrypoints.http.server.cycle import GatewayCycle, scope_for_writing
from entrypoints.http.server.edge import Edge
from entrypoints.http.server.protocol import GatewayProtocol
from entrypoints.http.server.waking import NOBODY_WAITS

_HOST_ALONE = 1


class FastLaneProtocol(GatewayProtocol):
    """Reading, limits, order, deadlines and the end of a connection are those of the normal lane."""

    __slots__ = ("_lane", "_last")

    def __init__(self, config: Config, server_state: Edge, app_state: dict[str, object], lane: FastLane) -> None:
        super().__init__(config, server_state, app_state)
        self._lane = lane
        self._last: LastRequest | None = None

    def begin_request(self, method: str, version: str, raw_path: bytes, query: bytes) -> None:
        if self._stands_alone(version, raw_path):
            last = self._last
            if last is None or last.fields != self.headers:
                scope = cast(Scope, self.scope_of(method, version, raw_path, query))
                last = self._last = LastRequest(scope, self._lane.token_of(scope))
            errand = self._lane.admit(method, raw_path, query, last)
            if errand is not None:
                self._run(method, errand)
                return
        super().begin_request(method, version, raw_path, query)

    def _stands_alone(self, version: str, raw_path: bytes) -> bool:
        """Neither before nor behind it is anything: no body, no other request, no wish, no end in sight."""
        return (
            version == "1.1"
            and len(self.noted) == _HOST_ALONE  # of the watched headers: neither a body nor an Expect
            and not self.answering
            and self.edge.keep_alive
            and not self.flow.write_paused
            and not self.parser.should_upgrade()
            and raw_path.startswith(PREFIX)
        )

    def _run(self, method: str, errand: Errand) -> None:
        cycle = LaneCycle(
            scope=scope_for_writing(method),
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.edge.default_headers,
            message_event=NOBODY_WAITS,
            expect_100_continue=False,
            keep_alive=self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        cycle.belong_to(self)
        self.extension.begin(cycle)
        self.latest = cycle
        self.unread_bytes = 0
        cycle.begin(errand, self.tasks)

    @property
    def _in_lane(self) -> LaneCycle | None:
        active = self.extension.active
        return active if isinstance(active, LaneCycle) and not active.response_complete else None

    @property
    def taskless(self) -> bool:
        return self._in_lane is not None or super().taskless

    def tell_gone(self, cycle: GatewayCycle) -> None:
        super().tell_gone(cycle)
        if isinstance(cycle, LaneCycle):
            cycle.left()

    def pause_writing(self) -> None:
        super().pause_writing()
        if (cycle := self._in_lane) is not None:
            cycle.hold()

    def resume_writing(self) -> None:
        super().resume_writing()
        if (cycle := self._in_lane) is not None:
            cycle.go_on()

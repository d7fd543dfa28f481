"""HTTP/1.1 as uvicorn speaks it over httptools, within limits and without its leniencies (design 7)."""

import asyncio
import urllib.parse

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

from entrypoints.http.server.cycle import GatewayCycle, Http10Cycle
from entrypoints.http.server.edge import NEVER, Edge
from entrypoints.http.server.refusals import Refusal
from entrypoints.http.server.request_rules import WATCHED, Checked, Fields, check_fields, is_origin_form, origin_form
from entrypoints.http.server.timed import BETWEEN, BODY_NEW, HEAD_NEW, large_head
from entrypoints.http.server.transport_extension import EXTENSION
from entrypoints.http.server.upgrading import UpgradingProtocol


class GatewayProtocol(UpgradingProtocol):
    def __init__(self, config: Config, server_state: Edge, app_state: dict[str, object]) -> None:
        super().__init__(config, server_state, app_state)
        self._accepted: Fields = ()
        self._checked = Checked(None, False)
        self._host_served = False
        self._extensions = {EXTENSION: self.extension}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
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

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.noted = []
        self.phase = HEAD_NEW
        self.head_size = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.phase >= BODY_NEW:
            return  # Trailers: they would become headers after those were checked.
        if value and value[-1] < 33:
            value = value.rstrip(b" \t")
        field = (name.lower(), value)
        self.headers.append(field)
        if field[0] in WATCHED:
            self.noted.append(field)

    def on_headers_complete(self) -> None:
        if self.replaying:
            return
        version = self.parser.get_http_version()
        if self.noted != self._accepted or version != "1.1":
            self._check(version)
        self._bound_head()
        method = self.parser.get_method()
        if self.parser.should_upgrade():
            self.decide_upgrade(method, version)
        if not is_origin_form(self.url):
            self.url = origin_form(method, self.url, self.noted)
        path, _, query = self.url.partition(b"?")
        if not self._host_served and path not in self.edge.limits.any_host_paths:
            raise Refusal(421, "This host is not served here.")
        self._open_scope(method.decode("ascii"), version, path, query)
        if not self.becomes_websocket:
            self._open_cycle(version)
        self.phase = BODY_NEW

    def _check(self, version: str) -> None:
        self._checked = check_fields(self.noted, version)
        host = self._checked.host
        self._host_served = self.edge.hosts.allow(host) if host is not None else not self.edge.hosts.restrict
        self._accepted = self.noted if version == "1.1" else ()

    def _bound_head(self) -> None:
        limits = self.edge.limits
        if len(self.headers) > limits.header_count:
            raise Refusal(431, "The request has too many headers.")
        if self.head_at_most > limits.head_bytes:
            known = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if known > limits.head_bytes:
                raise large_head()

    def _open_scope(self, method: str, version: str, raw_path: bytes, query: bytes) -> None:
        path = raw_path.decode("ascii")
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme or "http",
            "method": method,
            "root_path": "",
            "path": urllib.parse.unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": self.headers,
            "state": self.app_state.copy(),
            "extensions": self._extensions,  # type: ignore[typeddict-item]  # an object, where uvicorn says dict
        }

    def _open_cycle(self, version: str) -> None:
        cycle = (GatewayCycle if version == "1.1" else Http10Cycle)(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.edge.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self._checked.expects_continue,
            keep_alive=version == "1.1" and self.edge.keep_alive and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
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
        self.extension.active = cycle
        task = self.loop.create_task(cycle.run_asgi(self.app))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def on_body(self, body: bytes) -> None:
        self.body_bytes += len(body)
        cycle = self.latest
        if cycle is None or cycle.response_complete:
            self.unread_bytes += len(body)
            return
        cycle.body += body
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
        if self.transport.is_closing():
            self.await_sending()
            return
        self.flow.resume_reading()
        if self.waiting:
            self._start(self.waiting.popleft())
        elif not self.say_pending_last_words() and not self.phase and not self.deaf:
            self.deadline = self.edge.idle_deadline

"""HTTP/1.1 as uvicorn speaks it over httptools, within limits and without its leniencies (design 7)."""

import logging
import urllib.parse

import httptools
from uvicorn._types import HTTPScope
from uvicorn.config import Config

from entrypoints.http.server.answering import AnsweringProtocol
from entrypoints.http.server.edge import Edge
from entrypoints.http.server.refusals import Refusal
from entrypoints.http.server.request_rules import WATCHED, Checked, Fields, check_fields, is_origin_form, origin_form
from entrypoints.http.server.timed import BODY_NEW, HEAD_NEW, large_head
from entrypoints.http.server.transport_extension import EXTENSION

log = logging.getLogger(__name__)


class GatewayProtocol(AnsweringProtocol):
    __slots__ = ("_accepted", "_checked", "_extensions", "_host_served")

    def __init__(self, config: Config, server_state: Edge, app_state: dict[str, object]) -> None:
        super().__init__(config, server_state, app_state)
        self._accepted: Fields = ()
        self._checked = Checked(None, False)
        self._host_served = False
        self._extensions = {EXTENSION: self.extension}

    @property
    def taskless(self) -> bool:
        """Whether a request is being answered here that has no task."""
        active = self.extension.active
        return active is not None and active.goes_on and not active.response_complete

    def data_received(self, data: bytes) -> None:
        if self.deaf:
            self.discard(len(data))
            return
        if self.resting:
            self.resting = False
            self.parser = self.new_parser()
        self.head_at_most = self.head_size + len(data)
        self.message_ended = False
        rest: bytes | None = None
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            self.reject(_refusal_of(error))
        if rest is not None:
            # Not while the upgrade is handled: it would take the place of what the next request is refused for.
            self.upgrade(rest)
        elif self.phase:
            self.await_rest(len(data))

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
        self.begin_request(method.decode("ascii"), version, path, query)
        self.phase = BODY_NEW

    def begin_request(self, method: str, version: str, raw_path: bytes, query: bytes) -> None:
        """The head of a request is in order. Raises Refusal."""
        self.scope = self.scope_of(method, version, raw_path, query)
        if not self.becomes_websocket:
            self.open_cycle(version, expects_continue=self._checked.expects_continue)

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

    def scope_of(self, method: str, version: str, raw_path: bytes, query: bytes) -> HTTPScope:
        path = raw_path.decode("ascii")
        return {
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


def _refusal_of(error: httptools.HttpParserError) -> Refusal:
    if not isinstance(error, httptools.HttpParserCallbackError):
        return Refusal(400, "The request is not valid HTTP/1.1.")
    cause = error.__context__
    if isinstance(cause, Refusal):
        return cause
    log.error("reading a request failed", exc_info=cause)
    return Refusal(500, "Internal server error")

"""Requests for another protocol: WebSocket is granted, others are answered as if they had not asked."""

import httptools
from uvicorn.config import Config

from entrypoints.http.server.edge import Edge
from entrypoints.http.server.refusals import Refusal
from entrypoints.http.server.timed import BETWEEN, BODY_NEW, TimedProtocol

_WEBSOCKET = b"websocket"
_FRAMING = (b"content-length", b"transfer-encoding")


class UpgradingProtocol(TimedProtocol):
    """httptools takes whatever follows the head of an upgrade request for the other protocol. Of a request that is
    not upgraded that is the body, and uvicorn would read it as the next request: a way to smuggle one.
    """

    __slots__ = ("noted", "replaying", "upgrading")

    def __init__(self, config: Config, server_state: Edge, app_state: dict[str, object]) -> None:
        super().__init__(config, server_state, app_state)
        self.noted: list[tuple[bytes, bytes]] = []
        """The watched headers of the request that is coming in."""
        self.upgrading = b""
        """`websocket`, or the header that frames the body which the parser has skipped."""
        self.replaying = False

    @property
    def becomes_websocket(self) -> bool:
        return self.upgrading == _WEBSOCKET

    def decide_upgrade(self, method: bytes, version: str) -> None:
        if method == b"CONNECT":
            raise Refusal(405, "This server is not a forward proxy.")
        framing = [
            field for field in self.noted if field[0].endswith((b"-length", b"-encoding")) and field[1] != b"0"
        ]
        if not self._should_upgrade():
            self.upgrading = b"".join(b"%b: %b\r\n" % field for field in framing)
        elif method != b"GET" or version != "1.1" or framing or self.answering:
            raise Refusal(400, "A WebSocket begins with a GET without a body, after all other answers.")
        else:
            self.upgrading = _WEBSOCKET

    def upgrade(self, rest: bytes) -> None:
        """The parser has stopped behind a request for another protocol; `rest` follows it."""
        if self.becomes_websocket:
            self._become_websocket(rest)
            return
        self.parser = self.new_parser()
        if self.upgrading:
            self._replay_framing()
        self.data_received(rest)

    def new_parser(self) -> httptools.HttpRequestParser:
        """One that takes what comes next for the beginning of a request, and is as lenient as uvicorn's."""
        parser = httptools.HttpRequestParser(self)
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    def _become_websocket(self, rest: bytes) -> None:
        self.phase = BETWEEN
        if rest:
            self.reject(Refusal(400, "WebSocket frames were sent before the handshake was answered."))
            return
        self.edge.http_connections.discard(self)
        self.handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # as uvicorn does; it would keep this object alive

    def _replay_framing(self) -> None:
        self.replaying = True
        self.parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n" % self.upgrading)
        self.replaying = False
        self.upgrading = b""
        self.phase = BODY_NEW

"""Server-sent events as bytes (wire 4.5)."""

from collections.abc import Sequence

import msgspec

from domain.callbacks import PendingRequest
from domain.clients import Client, ClientId, Cursor, between
from domain.events import EventId, StoredFrame
from domain.use_cases.stream_events import OpenedStream
from domain.version import __version__

HEADERS = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)
PING = b'event: ping\ndata: {"jsonrpc":"2.0","method":"ping","params":{}}\n\n'
KEEP_ALIVE = b": ping\n\n"
UNAUTHORIZED = (
    b"retry: 30000\nevent: error\n"
    b'data: {"jsonrpc":"2.0","error":{"code":-32002,"message":"Invalid or expired session"}}\n\n'
)
"""With HTTP 200 and this code, for clients react to no other way (wire 4.6); the hint calms their reconnecting."""

AWAY = b"retry: 5000\n: the gateway cannot reach its back end; please reconnect\n\n"
_encode = msgspec.json.Encoder().encode


def named(client_id: ClientId) -> bytes:
    """The client's part in the ids of its frames, for `frame`."""
    return between(client_id).encode()


def frame(stored: StoredFrame, client: bytes) -> bytes:
    """`client`: as from `named`."""
    position, event = stored.id, stored.event.encode()
    return b"id: %b%b%d\nevent: %b\ndata: %b\n\n" % (
        position.epoch.encode(),
        client,
        position.offset,
        event,
        stored.data,
    )


def init_result(opened: OpenedStream) -> dict[str, object]:
    """Who the client is, and what it still waits for."""
    result: dict[str, object] = {
        "protocolVersion": "2024-11-05",
        "serverInfo": {"name": "noetl-gateway", "version": __version__},
        "clientId": str(opened.client.client_id),
        "capabilities": {
            "playbooks": True,
            "callbacks": True,
            "subscriptions": False,
            "playbookState": True,
            "resume": True,
        },
    }
    if opened.pending:
        result["pendingRequests"] = pending_requests(opened.pending)
    return result


def pending_requests(pending: Sequence[PendingRequest]) -> list[dict[str, str]]:
    return [
        {
            "requestId": request.request_id,
            "executionId": request.execution_id,
            "playbookPath": request.playbook_path,
        }
        for request in pending
    ]


def init(opened: OpenedStream) -> bytes:
    """The first frame; its event name is `message`, for that is what clients listen to [C]."""
    data = _encode({"jsonrpc": "2.0", "id": 1, "result": init_result(opened)})
    return _with_id(_known_position(opened), opened.client.client_id) + b"event: message\ndata: %b\n\n" % data


def _known_position(opened: OpenedStream) -> EventId:
    """A position that cannot be honoured is not repeated to the client: the reset that follows names a new one."""
    return opened.client.position if opened.after.epoch != opened.client.position.epoch else opened.after


def reset(position: EventId, client: Client) -> bytes:
    """History is missing: the client must ask how its runs stand, and goes on from `position`."""
    data = b'{"jsonrpc":"2.0","method":"reset","params":{"reason":"history_lost"}}'
    return _with_id(position, client.client_id) + b"event: reset\ndata: %b\n\n" % data


def retry_hint(milliseconds: int) -> bytes:
    return b"retry: %d\n\n" % milliseconds


def _with_id(position: EventId, client_id: ClientId) -> bytes:
    return b"id: %b\n" % str(Cursor(position, client_id)).encode()

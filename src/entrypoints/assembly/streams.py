"""The ways to live results: server-sent events, WebSocket, long poll."""

from domain.expiring_memory import ExpiringMemory
from entrypoints.assembly.shared import Shared
from entrypoints.http.asgi import AsgiApp
from entrypoints.http.events.app import EventsApp
from entrypoints.http.events.connection import StreamTiming
from entrypoints.http.poll.app import LOOK_SECONDS, PollApp
from entrypoints.http.websocket.app import WebSocketApp
from entrypoints.http.websocket.methods import WebSocketUseCases


def events_app(shared: Shared) -> AsgiApp:
    container, transport = shared.container, shared.settings.transport
    return EventsApp(
        sessions=shared.stream_session(),
        stream_events=container.use_cases.stream_events(),
        session_ends=container.session_ends(),
        clock=container.clock(),
        wheel=container.timer_wheel(),
        places=shared.places,
        timing=StreamTiming(
            heartbeat=transport.heartbeat_interval_secs, rotate_after=transport.connection_timeout_secs
        ),
        gauge=shared.metrics,
        buffer_bytes=transport.stream_buffer_bytes,
        on_drain=container.drain().on_begin,
    )


def websocket_app(shared: Shared) -> AsgiApp:
    container, transport = shared.container, shared.settings.transport
    return WebSocketApp(
        sessions=shared.stream_session(),
        stream_events=container.use_cases.stream_events(),
        use_cases=WebSocketUseCases(
            execute_playbook=container.use_cases.execute_playbook(),
            rerun_execution=container.use_cases.rerun_execution(),
            announce_started=container.use_cases.announce_started(),
        ),
        life=shared.stream_life(),
        places=shared.places,
        gauge=shared.metrics,
        heartbeat=transport.heartbeat_interval_secs,
        buffer_bytes=transport.stream_buffer_bytes,
        message_bytes=shared.settings.limits.max_body_bytes,
    )


def poll_app(shared: Shared) -> AsgiApp:
    container = shared.container
    return PollApp(
        sessions=shared.stream_session(),
        stream_events=container.use_cases.stream_events(),
        life=shared.stream_life(),
        places=shared.places,
        clock=container.clock(),
        looked_after=ExpiringMemory(container.clock(), seconds=LOOK_SECONDS, capacity=20_000),
        answer_bytes=shared.settings.transport.stream_buffer_bytes,
    )

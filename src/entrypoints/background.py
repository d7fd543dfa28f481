"""What goes on besides requests, and what all of the process shares."""

from domain.ports.event_feed import EventFeed
from domain.ports.started_requests import StartedRequests
from domain.use_cases.relay_lifecycle import RelayLifecycle
from entrypoints.http.events.wheel import TimerWheel
from entrypoints.http.server.drain import Drain, DrainTiming
from entrypoints.http.server.worker_metrics import WorkerMetrics
from entrypoints.http.server.worker_seat import WorkerSeat
from entrypoints.observability.metrics import Metrics
from entrypoints.settings.loading import Settings
from entrypoints.supervision import Supervised


def lifecycle_of(feed: EventFeed, relay: RelayLifecycle, metrics: Metrics) -> Supervised:
    return Supervised("lifecycle events", lambda: feed.run(relay), metrics.feed_restarted)


def catching_up_of(started: StartedRequests, relay: RelayLifecycle) -> Supervised:
    async def catch_up() -> None:
        async for request in started.hear():
            await relay.catch_up(request)

    return Supervised("started requests", catch_up)


def turning_of(wheel: TimerWheel) -> Supervised:
    return Supervised("stream timers", wheel.run)


def drain_of(settings: Settings) -> Drain:
    return Drain(DrainTiming.within(settings.server.drain_secs))


def metrics_of(settings: Settings) -> Metrics:
    metrics = Metrics()
    metrics.show_bypass(enabled=settings.proxy_policy.auth_bypass)
    return metrics


def worker_metrics_of(seat: WorkerSeat | None, metrics: Metrics) -> WorkerMetrics:
    """Without a seat this is the only process."""
    directory, index = (seat.metrics_dir, seat.index) if seat is not None else (None, 0)
    return WorkerMetrics(directory, index, metrics.exposition)

"""Metrics under the names of both generations of the original, and those that were missing (wire 11)."""

from collections.abc import Sequence

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from domain.ports.health import Dependency
from domain.ports.telemetry import Count
from domain.version import __version__
from entrypoints.observability.ingress_metrics import IngressMetrics
from entrypoints.observability.tallies import Durations, Tally

_LOGIN_OUTCOMES = {
    "succeeded": "succeeded",
    "credentials_rejected": "not_authenticated",
    "auth_reply_malformed": "callback_failed",
    "auth_back_end_failed": "back_end_failed",
    "auth_back_end_unavailable": "timeout",
    "identity_keys_unavailable": "keys_unavailable",
    "identity_not_configured": "not_configured",
}
_SESSION_CHECKS = ("ok", "missing_token", "invalid_or_expired", "validation_error", "bypass")
_STREAM_ENDS = ("left", "slow", "replaced", "ended", "logged_out", "drained")
_STATUS_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

# What each count of the domain is called outside: (name, help, label, values that exist from the start).
_COUNTS: dict[Count, tuple[str, str, str | None, tuple[str, ...]]] = {
    Count.LOGIN: ("login", "Logins by outcome", "outcome", tuple(_LOGIN_OUTCOMES.values())),
    Count.ACCESS_DECISION: ("authz", "Access checks by outcome", "outcome", ("allowed", "denied", "backend_error")),
    Count.AUTH_CANCEL_FAILED: ("auth_cancel_failed", "Auth playbooks that could not be cancelled", None, ()),
    Count.SESSION_CACHE_FAILED: (
        "session_cache_failed",
        "Sessions that could not be cached",
        "stage",
        ("after_login", "after_api_validate"),
    ),
    Count.SESSION_LOOKUP: (
        "session_lookup",
        "Where sessions were found",
        "source",
        ("memory", "store", "noetl", "nowhere"),
    ),
    Count.CALLBACK_UNDELIVERED: (
        "callback_undelivered",
        "Callbacks that nobody waited for",
        "kind",
        ("auth", "async", "progress"),
    ),
    Count.FRAMES_PUBLISHED: (
        "frames_published",
        "Frames recorded for clients",
        "kind",
        ("state", "result", "progress"),
    ),
    Count.FRAMES_DROPPED: ("frames_dropped", "Frames that came after the end of their run", "reason", ("after_end",)),
    Count.LIFECYCLE_EVENTS: ("lifecycle_events", "Lifecycle events taken", "outcome", ("relayed", "unclaimed")),
    Count.STREAM_RESET: ("stream_reset", "Streams that were told to look again", None, ()),
}


class Metrics:
    """One registry per process. Also the Telemetry of the domain; every series exists from the start at 0."""

    def __init__(self) -> None:
        # Creation times double the text and say nothing that is asked here.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self.ingress = IngressMetrics(self._registry)
        self._build_info()
        self._counts = {
            what: self._tally(name, text, label, values) for what, (name, text, label, values) in _COUNTS.items()
        }
        self._session_checks = self._tally("session_check", "Session checks", "outcome", _SESSION_CHECKS)
        self._stream_ends = self._tally("stream_closed", "Streams that ended", "reason", _STREAM_ENDS)
        self._proxied = self._tally("proxy_requests", "Proxied requests by status", "status", _STATUS_CLASSES)
        self._cors = self._tally("cors_rejected", "Requests from origins that are not allowed")
        self._unreadable = self._tally("callback_unreadable", "Callbacks whose body could not be read")
        self._limited = self._tally("rate_limited", "Requests refused for coming too fast")
        self._feed = self._tally(
            "event_feed_reconnect", "Restarts of the lifecycle feed", "reason", ("ended", "error")
        )
        self._refused = self._tally("request_refused", "Requests refused before any application saw them", "status")
        self._shadow = self._tally("token_shadow_failed", "Tokens that enforcement would have refused", "reason")
        self._streams = Gauge("noetl_gateway_sse_connections", "Open streams", registry=self._registry)
        self._proxy_seconds = Durations(
            self._registry, "noetl_gateway_proxy_seconds", "Seconds per proxied request", _SECONDS
        )

    def _build_info(self) -> None:
        info = Gauge("noetl_gateway_build_info", "Version", ["version"], registry=self._registry)
        info.labels(__version__).set(1)

    def _tally(self, name: str, text: str, label: str | None = None, values: Sequence[str] = ()) -> Tally:
        return Tally(self._registry, f"noetl_gateway_{name}", text, label, values)

    def count(self, what: Count, label: str = "", by: int = 1) -> None:
        if what is Count.LOGIN:
            label = _LOGIN_OUTCOMES.get(label, "not_authenticated")
        tally = self._counts.get(what)
        if tally is not None and label in tally:
            tally.add(label, by)

    def session_check(self, outcome: str) -> None:
        self._session_checks.add(outcome)

    def opened(self) -> None:
        self._streams.inc()

    def closed(self, reason: str) -> None:
        self._streams.dec()
        self._stream_ends.add(reason)

    def proxied(self, status: int, seconds: float) -> None:
        if 100 <= status < 600:
            self._proxied.add(_STATUS_CLASSES[status // 100 - 1])
        self._proxy_seconds.add(seconds)

    def cors_rejected(self) -> None:
        self._cors.add()

    def callback_unreadable(self) -> None:
        self._unreadable.add()

    def rate_limited(self) -> None:
        self._limited.add()

    def refused(self, status: int) -> None:
        self._refused.add(str(status))

    def feed_restarted(self, reason: str) -> None:
        self._feed.add(reason)

    def shadow_failed(self, reason: str) -> None:
        self._shadow.add(reason)

    def show_bypass(self, *, enabled: bool) -> None:
        gauge = Gauge(
            "noetl_gateway_auth_bypass_enabled", "1 while any token passes", ["mode"], registry=self._registry
        )
        gauge.labels("bypass" if enabled else "enforced").set(1 if enabled else 0)

    def watch(self, dependencies: Sequence[Dependency]) -> None:
        self._registry.register(_DependencyState(dependencies))

    def exposition(self) -> bytes:
        """Prometheus text 0.0.4."""
        return generate_latest(self._registry)


class _DependencyState(Collector):
    def __init__(self, dependencies: Sequence[Dependency]) -> None:
        self._dependencies = dependencies

    def collect(self) -> list[GaugeMetricFamily]:
        family = GaugeMetricFamily("noetl_gateway_dependency_up", "1 while a dependency works", labels=["dependency"])
        for dependency in self._dependencies:
            family.add_metric([dependency.name], 0 if dependency.trouble() else 1)
        return [family]

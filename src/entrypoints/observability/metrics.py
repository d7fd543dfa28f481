"""Metrics under the names of both generations of the original, and those that were missing (wire 11)."""

from collections.abc import Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from domain.ports.health import Dependency
from domain.ports.telemetry import Count
from domain.version import __version__
from entrypoints.observability.ingress_metrics import IngressMetrics

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
        self._counters: dict[tuple[Count, str], Counter] = {}
        self.ingress = IngressMetrics(self._registry)
        self._build_info()
        for what, (name, text, label, values) in _COUNTS.items():
            counter = self._counter(name, text, *([label] if label else []))
            for value in values:
                self._counters[what, value] = counter.labels(value)
            if label is None:
                self._counters[what, ""] = counter
        self._session_checks = self._children("session_check", "Session checks", "outcome", _SESSION_CHECKS)
        self._stream_ends = self._children("stream_closed", "Streams that ended", "reason", _STREAM_ENDS)
        self._proxied = self._children("proxy_requests", "Proxied requests by status", "status", _STATUS_CLASSES)
        self._cors = self._counter("cors_rejected", "Requests from origins that are not allowed")
        self._unreadable = self._counter("callback_unreadable", "Callbacks whose body could not be read")
        self._limited = self._counter("rate_limited", "Requests refused for coming too fast")
        self._feed = self._children(
            "event_feed_reconnect", "Restarts of the lifecycle feed", "reason", ("ended", "error")
        )
        self._refused = self._counter("request_refused", "Requests refused before any application saw them", "status")
        self._shadow = self._counter("token_shadow_failed", "Tokens that enforcement would have refused", "reason")
        self._streams = Gauge("noetl_gateway_sse_connections", "Open streams", registry=self._registry)
        self._proxy_seconds = Histogram(
            "noetl_gateway_proxy_seconds", "Seconds per proxied request", registry=self._registry, buckets=_SECONDS
        )

    def _build_info(self) -> None:
        info = Gauge("noetl_gateway_build_info", "Version", ["version"], registry=self._registry)
        info.labels(__version__).set(1)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"noetl_gateway_{name}", text, labels, registry=self._registry)

    def _children(self, name: str, text: str, label: str, values: Sequence[str]) -> dict[str, Counter]:
        counter = self._counter(name, text, label)
        return {value: counter.labels(value) for value in values}

    def count(self, what: Count, label: str = "", by: int = 1) -> None:
        if what is Count.LOGIN:
            label = _LOGIN_OUTCOMES.get(label, "not_authenticated")
        counter = self._counters.get((what, label))
        if counter is not None:
            counter.inc(by)

    def session_check(self, outcome: str) -> None:
        self._session_checks[outcome].inc()

    def opened(self) -> None:
        self._streams.inc()

    def closed(self, reason: str) -> None:
        self._streams.dec()
        self._stream_ends[reason].inc()

    def proxied(self, status: int, seconds: float) -> None:
        counter = self._proxied.get(f"{status // 100}xx")
        if counter is not None:
            counter.inc()
        self._proxy_seconds.observe(seconds)

    def cors_rejected(self) -> None:
        self._cors.inc()

    def callback_unreadable(self) -> None:
        self._unreadable.inc()

    def rate_limited(self) -> None:
        self._limited.inc()

    def refused(self, status: int) -> None:
        self._refused.labels(str(status)).inc()

    def feed_restarted(self, reason: str) -> None:
        self._feed[reason].inc()

    def shadow_failed(self, reason: str) -> None:
        self._shadow.labels(reason).inc()

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

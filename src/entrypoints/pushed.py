"""Pushed deliveries, put together."""

from math import ceil

from domain.expiring_memory import ExpiringMemory
from domain.ingress.dispatching import DispatchMessage
from domain.ingress.verification import VerifyDelivery
from domain.ports.clock import Clock
from domain.ports.ingress_audit import IngressAudit
from domain.ports.ingress_listeners import IngressListeners
from domain.ports.playbook_runner import PlaybookRunner
from domain.ports.push_token_verifier import PushTokenVerifier
from domain.single_flight import SingleFlight
from domain.use_cases.accept_delivery import AcceptDelivery
from entrypoints.observability.metrics import Metrics
from entrypoints.settings.loading import Settings


def accept_delivery(
    settings: Settings,
    listeners: IngressListeners | None,
    runner: PlaybookRunner,
    audit: IngressAudit,
    tokens: PushTokenVerifier,
    clock: Clock,
    metrics: Metrics,
) -> AcceptDelivery | None:
    """None without listeners: ingress is off then (wire 9)."""
    if listeners is None:
        return None
    window = settings.limits.ingress_replay_window_secs
    # A signed timestamp may lie ahead of our clock as well as behind it, so what is remembered lasts twice as long.
    dispatch = DispatchMessage(
        runner=runner,
        audit=audit,
        counter=metrics.ingress,
        dispatched=ExpiringMemory(clock, seconds=2 * window, capacity=100_000),
        flights=SingleFlight(),
        window_secs=ceil(2 * window),
    )
    return AcceptDelivery(
        listeners=listeners,
        verify=VerifyDelivery(push_tokens=tokens, clock=clock, replay_window=window),
        dispatch=dispatch,
        counter=metrics.ingress,
    )

"""Which adapter plays which port: the only place, besides the demo, that knows them."""

import secrets
import string
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from dependency_injector import containers, providers

from adapters.auth0.identity_provider import Auth0IdentityProvider, KeySets
from adapters.auth0.identity_provider import VerifyMode as Auth0VerifyMode
from adapters.auth0.issuers import AllowedIssuer
from adapters.auth0.key_sets import HttpKeySets
from adapters.google.push_tokens import GooglePushTokenVerifier
from adapters.nats.callback_inbox import NatsCallbackInbox
from adapters.nats.client_registry import NatsClientRegistry
from adapters.nats.client_streams import NatsClientStreams
from adapters.nats.connection import NatsConnection
from adapters.nats.event_feed import NatsEventFeed
from adapters.nats.health import NatsHealth
from adapters.nats.options import NatsOptions, NatsStorage, Storage
from adapters.nats.pending_requests import NatsPendingRequests
from adapters.nats.revocations import NatsRevocations
from adapters.nats.session_ends import NatsSessionEnds
from adapters.nats.session_store import NatsSessionStore
from adapters.nats.started_requests import NatsStartedRequests
from adapters.nats.stream_tickets import NatsStreamTickets
from adapters.noetl.access_checker import NoetlAccessChecker
from adapters.noetl.api_client import NoetlApi
from adapters.noetl.catalog import NoetlCatalog
from adapters.noetl.http1.pooled_upstream import PooledUpstream
from adapters.noetl.ingress_audit import NoetlIngressAudit
from adapters.noetl.ingress_listeners import NoetlIngressListeners
from adapters.noetl.playbook_runner import NoetlPlaybookRunner
from adapters.noetl.session_authority import NoetlSessionAuthority
from adapters.system.clock import SystemClock
from domain.ports.access_checker import AccessChecker
from domain.ports.callback_inbox import CallbackInbox
from domain.ports.catalog import Catalog
from domain.ports.client_registry import ClientRegistry
from domain.ports.client_streams import ClientStreams
from domain.ports.clock import Clock
from domain.ports.event_feed import EventFeed
from domain.ports.health import Dependency
from domain.ports.identity_provider import IdentityProvider
from domain.ports.pending_requests import PendingRequests
from domain.ports.playbook_runner import PlaybookRunner
from domain.ports.push_token_verifier import PushTokenVerifier
from domain.ports.revocations import Revocations
from domain.ports.session_authority import SessionAuthority
from domain.ports.session_ends import SessionEnds
from domain.ports.session_store import SessionStore
from domain.ports.started_requests import StartedRequests
from domain.ports.stream_tickets import StreamTickets
from domain.ports.upstream import Upstream
from domain.use_cases.accept_delivery import AcceptDelivery
from entrypoints.background import catching_up_of, drain_of, lifecycle_of, metrics_of, turning_of, worker_metrics_of
from entrypoints.http.events.wheel import TimerWheel
from entrypoints.http.server.drain import Drain
from entrypoints.http.server.worker_metrics import WorkerMetrics
from entrypoints.http.server.worker_seat import WorkerSeat
from entrypoints.observability.metrics import Metrics
from entrypoints.pushed import accept_delivery
from entrypoints.settings.loading import Settings
from entrypoints.supervision import Supervised
from entrypoints.use_cases import UseCases


def _nats_options(settings: Settings) -> NatsOptions:
    nats = settings.nats
    return NatsOptions(
        url=nats.url.get_secret_value(),
        username=nats.username,
        password=nats.password.get_secret_value() if nats.password else None,
        credentials_file=nats.credentials_file,
        tls_ca_file=nats.ca_file,
        tls_certificate_file=nats.certificate_file,
        tls_key_file=nats.key_file,
        tls_handshake_first=nats.tls_handshake_first,
    )


def _nats_storage(settings: Settings) -> NatsStorage:
    nats = settings.nats
    return NatsStorage(
        session_bucket=nats.session_bucket,
        session_ttl=nats.session_cache_ttl_secs,
        request_bucket=nats.request_bucket,
        request_ttl=nats.request_ttl_secs,
        replicas=nats.replicas,
        storage=Storage(nats.storage),
    )


def _identity_provider(
    settings: Settings, key_sets: KeySets, clock: Clock, shadow_failed: Callable[[str], None]
) -> Auth0IdentityProvider:
    """Raises ValueError for a domain that is none."""
    auth0 = settings.auth0
    domains = [*([auth0.domain] if auth0.domain else []), *auth0.allowed_domains]
    return Auth0IdentityProvider(
        issuers=[AllowedIssuer.parse(domain.strip()) for domain in domains],
        key_sets=key_sets,
        clock=clock,
        mode=Auth0VerifyMode(auth0.verify.value),
        client_id=auth0.client_id,
        audience=auth0.audience,
        on_shadow_failure=shadow_failed,
    )


def _upstream(settings: Settings) -> PooledUpstream:
    noetl = settings.noetl
    return PooledUpstream(max_connections_per_origin=noetl.max_connections, silence_timeout=noetl.timeout_secs)


def _api(settings: Settings, upstream: Upstream) -> NoetlApi:
    return NoetlApi(upstream=upstream, base_url=settings.noetl.base_url, timeout=settings.noetl.timeout_secs)


def _auth_api(settings: Settings, upstream: Upstream) -> NoetlApi:
    """Logins and access checks have a deadline of their own, shorter than any client's (D16)."""
    timeout = settings.auth_playbooks.timeout_secs
    return NoetlApi(upstream=upstream, base_url=settings.noetl.base_url, timeout=timeout)


def _ingress_api(settings: Settings, upstream: Upstream) -> NoetlApi:
    """Senders of webhooks do not wait long (wire 9.1)."""
    return NoetlApi(upstream=upstream, base_url=settings.noetl.base_url, timeout=_INGRESS_SECONDS)


def _push_tokens(settings: Settings, clock: Clock) -> GooglePushTokenVerifier:
    return GooglePushTokenVerifier(clock=clock, keys_url=settings.limits.pubsub_jwks_url)


def _ingress_listeners(settings: Settings, api: NoetlApi, clock: Clock) -> NoetlIngressListeners | None:
    """None without the token of NoETL's internal API."""
    if settings.internal_api_token is None:
        return None
    return NoetlIngressListeners(api=api, token=settings.internal_api_token.get_secret_value(), clock=clock)


def _fresh_home() -> str:
    """Names this process among all replicas; clients that it hands out carry it."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(10))


_INGRESS_SECONDS = 30.0


class Container(containers.DeclarativeContainer):
    """Building anything here opens nothing; `resources` does. Give fakes as keyword arguments."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    metrics: providers.Provider[Metrics] = providers.Singleton(metrics_of, settings)
    seat: providers.Provider[WorkerSeat | None] = providers.Object(None)
    worker_metrics: providers.Provider[WorkerMetrics] = providers.Singleton(worker_metrics_of, seat, metrics)
    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    drain: providers.Provider[Drain] = providers.Singleton(drain_of, settings)
    timer_wheel: providers.Provider[TimerWheel] = providers.Singleton(TimerWheel, clock.provided.monotonic)

    key_sets: providers.Provider[HttpKeySets] = providers.Singleton(HttpKeySets, clock=clock)
    identity_provider: providers.Provider[IdentityProvider] = providers.Singleton(
        _identity_provider, settings, key_sets, clock, metrics.provided.shadow_failed
    )

    upstream: providers.Provider[Upstream] = providers.Singleton(_upstream, settings)
    api: providers.Provider[NoetlApi] = providers.Singleton(_api, settings, upstream)
    auth_api: providers.Provider[NoetlApi] = providers.Singleton(_auth_api, settings, upstream)
    playbook_runner: providers.Provider[PlaybookRunner] = providers.Singleton(NoetlPlaybookRunner, api)
    catalog: providers.Provider[Catalog] = providers.Singleton(NoetlCatalog, auth_api)
    synchronous_authority: providers.Provider[SessionAuthority] = providers.Singleton(
        NoetlSessionAuthority,
        api=auth_api,
        credential=settings.provided.auth_playbooks.session_db_credential,
    )
    synchronous_access: providers.Provider[AccessChecker] = providers.Singleton(
        NoetlAccessChecker,
        api=auth_api,
        credential=settings.provided.auth_playbooks.session_db_credential,
    )

    nats: providers.Provider[NatsConnection] = providers.Singleton(
        NatsConnection, providers.Singleton(_nats_options, settings)
    )
    storage: providers.Provider[NatsStorage] = providers.Singleton(_nats_storage, settings)
    home: providers.Provider[str] = providers.Singleton(_fresh_home)
    session_store: providers.Provider[SessionStore] = providers.Singleton(NatsSessionStore, nats, storage, clock)
    revocations: providers.Provider[Revocations] = providers.Singleton(NatsRevocations, nats, storage, clock)
    session_ends: providers.Provider[SessionEnds] = providers.Singleton(
        NatsSessionEnds, nats, session_store, revocations
    )
    callback_inbox: providers.Provider[CallbackInbox] = providers.Singleton(
        NatsCallbackInbox,
        nats,
        clock,
        callback_subject_prefix=settings.provided.nats.callback_subject_prefix,
    )
    nats_health: providers.Provider[Dependency] = providers.Singleton(NatsHealth, nats)
    pending_requests: providers.Provider[PendingRequests] = providers.Singleton(NatsPendingRequests, nats, storage)
    started_requests: providers.Provider[StartedRequests] = providers.Singleton(NatsStartedRequests, nats)
    client_registry: providers.Provider[ClientRegistry] = providers.Singleton(
        NatsClientRegistry, nats, storage, home, clock
    )
    client_streams: providers.Provider[ClientStreams] = providers.Singleton(NatsClientStreams, nats, storage, home)
    stream_tickets: providers.Provider[StreamTickets] = providers.Singleton(NatsStreamTickets, nats, storage)
    event_feed: providers.Provider[EventFeed] = providers.Singleton(
        NatsEventFeed, nats, clock, updates_subject_prefix=settings.provided.nats.updates_subject_prefix
    )
    ingress_api: providers.Provider[NoetlApi] = providers.Singleton(_ingress_api, settings, upstream)
    ingress_audit: providers.Provider[NoetlIngressAudit] = providers.Singleton(NoetlIngressAudit, ingress_api)
    push_tokens: providers.Provider[PushTokenVerifier] = providers.Singleton(_push_tokens, settings, clock)
    accepting: providers.Provider[AcceptDelivery | None] = providers.Singleton(
        accept_delivery,
        settings,
        providers.Singleton(_ingress_listeners, settings, ingress_api, clock),
        providers.Singleton(NoetlPlaybookRunner, ingress_api),
        ingress_audit,
        push_tokens,
        clock,
        metrics,
    )
    use_cases = providers.Container(
        UseCases,
        settings=settings,
        clock=clock,
        telemetry=metrics,
        identity_provider=identity_provider,
        session_store=session_store,
        revocations=revocations,
        callback_inbox=callback_inbox,
        pending_requests=pending_requests,
        started_requests=started_requests,
        client_registry=client_registry,
        client_streams=client_streams,
        playbook_runner=playbook_runner,
        catalog=catalog,
        upstream=upstream,
        synchronous_authority=synchronous_authority,
        synchronous_access=synchronous_access,
    )
    lifecycle: providers.Provider[Supervised] = providers.Singleton(
        lifecycle_of, event_feed, use_cases.relay_lifecycle, metrics
    )
    catching_up: providers.Provider[Supervised] = providers.Singleton(
        catching_up_of, started_requests, use_cases.relay_lifecycle
    )
    turning: providers.Provider[Supervised] = providers.Singleton(turning_of, timer_wheel)


def dependencies(container: Container) -> tuple[Dependency, ...]:
    """What /ready looks at."""
    return (container.nats_health(), container.lifecycle(), container.catching_up(), container.turning())


@asynccontextmanager
async def resources(container: Container) -> AsyncIterator[None]:
    """Opens what needs opening, in order, and closes it in reverse."""
    async with AsyncExitStack() as opened:
        for resource in _to_open(container):
            await opened.enter_async_context(resource)
        yield


def _to_open(container: Container) -> Iterator[AbstractAsyncContextManager[object]]:
    """Fakes in place of adapters usually have nothing to open."""
    for provider in (
        container.worker_metrics,
        container.key_sets,
        container.upstream,
        container.nats,
        container.session_store,
        container.revocations,
        container.session_ends,
        container.callback_inbox,
        container.use_cases.auth_drive,
        container.client_streams,
        container.started_requests,
        container.push_tokens,
        container.ingress_audit,
        container.lifecycle,
        container.catching_up,
        container.turning,
    ):
        resource: object = provider()
        if isinstance(resource, AbstractAsyncContextManager):
            yield resource

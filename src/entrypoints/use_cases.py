"""The use cases, put together from whatever plays the roles of their ports."""

import asyncio

from dependency_injector import containers, providers

from domain.auth_playbooks import AuthPlaybookDrive, PlaybookAccessChecker, PlaybookSessionAuthority
from domain.expiring_memory import ExpiringMemory
from domain.ports.access_checker import AccessChecker
from domain.ports.callback_inbox import CallbackInbox
from domain.ports.catalog import Catalog
from domain.ports.client_registry import ClientRegistry
from domain.ports.client_streams import ClientStreams
from domain.ports.clock import Clock
from domain.ports.identity_provider import IdentityProvider
from domain.ports.pending_requests import PendingRequests
from domain.ports.playbook_runner import PlaybookRunner
from domain.ports.revocations import Revocations
from domain.ports.session_authority import SessionAuthority
from domain.ports.session_store import SessionStore
from domain.ports.started_requests import StartedRequests
from domain.ports.telemetry import Telemetry
from domain.ports.upstream import Upstream
from domain.single_flight import SingleFlight
from domain.use_cases.announce_started import AnnounceStarted
from domain.use_cases.authenticate import Authenticate
from domain.use_cases.authorize_forwarded import AuthorizeForwarded
from domain.use_cases.authorize_playbook import AuthorizePlaybook
from domain.use_cases.call_api import CallApi
from domain.use_cases.check_access import CheckAccess
from domain.use_cases.deliver_auth_callback import DeliverAuthCallback
from domain.use_cases.deliver_callback import DeliverCallback
from domain.use_cases.execute_playbook import AwaitedRun, ExecutePlaybook
from domain.use_cases.follow_execution import FollowExecution
from domain.use_cases.forward_request import ForwardRequest
from domain.use_cases.log_in import LogIn
from domain.use_cases.log_out import LogOut
from domain.use_cases.recover_missed_end import RecoverMissedEnd
from domain.use_cases.relay_lifecycle import RelayLifecycle
from domain.use_cases.report_progress import ReportProgress
from domain.use_cases.rerun_execution import RerunExecution
from domain.use_cases.stream_events import StreamEvents
from entrypoints.policy import proxy_policy, shards
from entrypoints.settings.loading import Settings

_REFUSED_SECONDS = 3.0
_DECISION_SECONDS = 5.0
_UNCLAIMED_SECONDS = 30.0
_PROXY_REPLY_BYTES = 16 * 1024 * 1024


def _drive(
    settings: Settings, runner: PlaybookRunner, inbox: CallbackInbox, clock: Clock, telemetry: Telemetry
) -> AuthPlaybookDrive:
    section = settings.auth_playbooks
    return AuthPlaybookDrive(
        runner=runner,
        inbox=inbox,
        clock=clock,
        telemetry=telemetry,
        timeout=section.timeout_secs,
        places=asyncio.Semaphore(section.max_concurrent),
        gateway_url=settings.gateway_url,
        callback_subject_prefix=settings.nats.callback_subject_prefix,
    )


def _login_authority(settings: Settings, drive: AuthPlaybookDrive, synchronous: SessionAuthority) -> SessionAuthority:
    return synchronous if settings.auth_playbooks.auth_sync else _by_playbook(settings, drive)


def _validation_authority(
    settings: Settings, drive: AuthPlaybookDrive, synchronous: SessionAuthority
) -> SessionAuthority:
    """Two settings lead to the synchronous API (wire 2.2)."""
    section = settings.auth_playbooks
    by_api = section.auth_sync or not section.validate_via_playbook
    return synchronous if by_api else _by_playbook(settings, drive)


def _by_playbook(settings: Settings, drive: AuthPlaybookDrive) -> PlaybookSessionAuthority:
    section = settings.auth_playbooks
    return PlaybookSessionAuthority(
        drive=drive,
        login_path=section.login,
        validate_path=section.validate_session,
        db_credential=section.session_db_credential,
    )


def _access_checker(settings: Settings, drive: AuthPlaybookDrive, synchronous: AccessChecker) -> AccessChecker:
    section = settings.auth_playbooks
    if section.authz_sync:
        return synchronous
    return PlaybookAccessChecker(drive=drive, check_path=section.check_access)


def _callbacks_are_open(settings: Settings) -> bool:
    """Can anybody who reaches the public port post a callback (D1)?"""
    by_playbook = not settings.auth_playbooks.auth_sync
    return by_playbook and settings.server.internal_port is None and settings.server.internal_token is None


def _enforced(settings: Settings) -> bool:
    return settings.proxy_policy.authz_mode == "enforce" and not settings.proxy_policy.auth_bypass


class UseCases(containers.DeclarativeContainer):
    """Who plays which port is decided in `entrypoints.container`."""

    settings: providers.Dependency[Settings] = providers.Dependency()
    clock: providers.Dependency[Clock] = providers.Dependency()
    telemetry: providers.Dependency[Telemetry] = providers.Dependency()
    identity_provider: providers.Dependency[IdentityProvider] = providers.Dependency()
    session_store: providers.Dependency[SessionStore] = providers.Dependency()
    revocations: providers.Dependency[Revocations] = providers.Dependency()
    callback_inbox: providers.Dependency[CallbackInbox] = providers.Dependency()
    pending_requests: providers.Dependency[PendingRequests] = providers.Dependency()
    started_requests: providers.Dependency[StartedRequests] = providers.Dependency()
    client_registry: providers.Dependency[ClientRegistry] = providers.Dependency()
    client_streams: providers.Dependency[ClientStreams] = providers.Dependency()
    playbook_runner: providers.Dependency[PlaybookRunner] = providers.Dependency()
    catalog: providers.Dependency[Catalog] = providers.Dependency()
    upstream: providers.Dependency[Upstream] = providers.Dependency()
    synchronous_authority: providers.Dependency[SessionAuthority] = providers.Dependency()
    synchronous_access: providers.Dependency[AccessChecker] = providers.Dependency()

    auth_drive = providers.Singleton(_drive, settings, playbook_runner, callback_inbox, clock, telemetry)
    login_authority = providers.Singleton(_login_authority, settings, auth_drive, synchronous_authority)
    validation_authority = providers.Singleton(_validation_authority, settings, auth_drive, synchronous_authority)
    access_checker = providers.Singleton(_access_checker, settings, auth_drive, synchronous_access)
    authenticate = providers.Singleton(
        Authenticate,
        sessions=session_store,
        authority=validation_authority,
        revocations=revocations,
        clock=clock,
        telemetry=telemetry,
        refused=providers.Singleton(ExpiringMemory, clock, seconds=_REFUSED_SECONDS, capacity=20_000),
        flights=providers.Singleton(SingleFlight),
    )
    log_in = providers.Singleton(
        LogIn,
        identity_provider=identity_provider,
        authority=login_authority,
        sessions=session_store,
        clock=clock,
        telemetry=telemetry,
        confirm=providers.Callable(_callbacks_are_open, settings),
    )
    log_out = providers.Singleton(LogOut, sessions=session_store, revocations=revocations)
    check_access = providers.Singleton(CheckAccess, access=access_checker, telemetry=telemetry)
    authorize_playbook = providers.Singleton(
        AuthorizePlaybook,
        check_access=check_access,
        catalog=catalog,
        decisions=providers.Singleton(ExpiringMemory, clock, seconds=_DECISION_SECONDS, capacity=20_000),
        flights=providers.Singleton(SingleFlight),
        enforced=providers.Callable(_enforced, settings),
    )
    relay_lifecycle = providers.Singleton(
        RelayLifecycle,
        pending=pending_requests,
        streams=client_streams,
        clock=clock,
        telemetry=telemetry,
        unclaimed=providers.Singleton(ExpiringMemory, clock, seconds=_UNCLAIMED_SECONDS, capacity=10_000),
    )
    awaited_run = providers.Singleton(
        AwaitedRun,
        clients=client_registry,
        streams=client_streams,
        pending=pending_requests,
        announced=started_requests,
        runner=playbook_runner,
        clock=clock,
        gateway_url=settings.provided.gateway_url,
    )
    execute_playbook = providers.Singleton(
        ExecutePlaybook, authorize=authorize_playbook, runner=playbook_runner, awaited=awaited_run
    )
    rerun_execution = providers.Singleton(
        RerunExecution, authorize=authorize_playbook, runner=playbook_runner, awaited=awaited_run
    )
    announce_started = providers.Singleton(AnnounceStarted, streams=client_streams)
    deliver_callback = providers.Singleton(
        DeliverCallback,
        pending=pending_requests,
        streams=client_streams,
        clock=clock,
        telemetry=telemetry,
    )
    deliver_auth_callback = providers.Singleton(DeliverAuthCallback, inbox=callback_inbox, telemetry=telemetry)
    report_progress = providers.Singleton(
        ReportProgress,
        pending=pending_requests,
        streams=client_streams,
        clock=clock,
        telemetry=telemetry,
    )
    recover_missed_end = providers.Singleton(
        RecoverMissedEnd, runner=playbook_runner, relay=relay_lifecycle, clock=clock
    )
    stream_events = providers.Singleton(
        StreamEvents,
        clients=client_registry,
        streams=client_streams,
        pending=pending_requests,
        recover=recover_missed_end,
        clock=clock,
    )
    follow_execution = providers.Singleton(
        FollowExecution,
        clients=client_registry,
        streams=client_streams,
        pending=pending_requests,
        recover=recover_missed_end,
        clock=clock,
    )
    forward_request = providers.Singleton(
        ForwardRequest,
        policy=providers.Singleton(proxy_policy, settings),
        shards=providers.Singleton(shards, settings),
    )
    authorize_forwarded = providers.Singleton(AuthorizeForwarded, authorize=authorize_playbook)
    call_api = providers.Singleton(
        CallApi,
        forward=forward_request,
        guard=authorize_forwarded,
        upstream=upstream,
        reply_limit=_PROXY_REPLY_BYTES,
    )

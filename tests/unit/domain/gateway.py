"""The use cases of one gateway, on memory adapters. Several over one bus are replicas of each other."""

import asyncio

from adapters.memory.access_checker import MemoryAccessChecker
from adapters.memory.bus import MemoryBus
from adapters.memory.callback_inbox import MemoryCallbackInbox
from adapters.memory.catalog import MemoryCatalog
from adapters.memory.client_registry import MemoryClientRegistry
from adapters.memory.client_streams import MemoryClientStreams
from adapters.memory.identity_provider import MemoryIdentityProvider
from adapters.memory.pending_requests import MemoryPendingRequests
from adapters.memory.playbook_runner import MemoryPlaybookRunner
from adapters.memory.revocations import MemoryRevocations
from adapters.memory.session_authority import MemorySessionAuthority
from adapters.memory.session_store import MemorySessionStore
from adapters.memory.started_requests import MemoryStartedRequests
from adapters.memory.telemetry import MemoryTelemetry
from domain.auth_playbooks import AuthPlaybookDrive
from domain.expiring_memory import ExpiringMemory
from domain.identity import Identity, Session, User
from domain.ports.clock import Clock
from domain.single_flight import SingleFlight
from domain.use_cases.announce_started import AnnounceStarted
from domain.use_cases.authenticate import Authenticate
from domain.use_cases.authorize_playbook import AuthorizePlaybook
from domain.use_cases.check_access import CheckAccess
from domain.use_cases.deliver_auth_callback import DeliverAuthCallback
from domain.use_cases.deliver_callback import DeliverCallback
from domain.use_cases.execute_playbook import AwaitedRun, ExecutePlaybook
from domain.use_cases.log_in import LogIn
from domain.use_cases.log_out import LogOut
from domain.use_cases.recover_missed_end import RecoverMissedEnd
from domain.use_cases.relay_lifecycle import RelayLifecycle
from domain.use_cases.report_progress import ReportProgress
from domain.use_cases.rerun_execution import RerunExecution
from domain.use_cases.stream_events import StreamEvents

ALICE = User(user_id=7, email="alice@example.com", display_name="Alice", roles=("viewer",))
MALLORY = User(user_id=8, email="mallory@example.com", display_name="Mallory")
PLAYBOOK = "examples/hello"
REFUSED_SECONDS = 5.0
DECISION_SECONDS = 10.0


class Gateway:
    def __init__(self, bus: MemoryBus, *, confirm: bool = False, enforced: bool = True) -> None:
        self.bus = bus
        self.clock: Clock = bus.clock
        self.telemetry = MemoryTelemetry()
        self._play_the_back_end()
        self._use_the_bus()
        self._authenticate(confirm=confirm)
        self._authorize(enforced=enforced)
        self._run()
        self._deliver()

    def _play_the_back_end(self) -> None:
        self.authority = MemorySessionAuthority(self.clock, {"alice-jwt": ALICE, "mallory-jwt": MALLORY})
        self.identity_provider = MemoryIdentityProvider(
            {"alice-jwt": _bearer("alice@example.com"), "mallory-jwt": _bearer("mallory@example.com")}
        )
        self.access = MemoryAccessChecker({(PLAYBOOK, "execute")})
        self.catalog = MemoryCatalog({"42": PLAYBOOK}, {"1000": PLAYBOOK})
        self.runner = MemoryPlaybookRunner()

    def _use_the_bus(self) -> None:
        self.sessions = MemorySessionStore(self.bus)
        self.revocations = MemoryRevocations(self.bus)
        self.inbox = MemoryCallbackInbox(self.bus)
        self.pending = MemoryPendingRequests(self.bus)
        self.started = MemoryStartedRequests(self.bus)
        self.clients = MemoryClientRegistry(self.bus)
        self.streams = MemoryClientStreams(self.bus)

    def _authenticate(self, *, confirm: bool) -> None:
        self.authenticate = Authenticate(
            sessions=self.sessions,
            authority=self.authority,
            revocations=self.revocations,
            clock=self.clock,
            telemetry=self.telemetry,
            refused=ExpiringMemory(self.clock, seconds=REFUSED_SECONDS, capacity=100),
            flights=SingleFlight(),
        )
        self.log_in = LogIn(
            identity_provider=self.identity_provider,
            authority=self.authority,
            sessions=self.sessions,
            clock=self.clock,
            telemetry=self.telemetry,
            confirm=confirm,
        )
        self.log_out = LogOut(sessions=self.sessions, revocations=self.revocations)

    def _authorize(self, *, enforced: bool) -> None:
        self.check_access = CheckAccess(access=self.access, telemetry=self.telemetry)
        self.authorize = AuthorizePlaybook(
            check_access=self.check_access,
            catalog=self.catalog,
            decisions=ExpiringMemory(self.clock, seconds=DECISION_SECONDS, capacity=100),
            flights=SingleFlight(),
            enforced=enforced,
        )

    def _run(self) -> None:
        awaited = AwaitedRun(
            clients=self.clients,
            streams=self.streams,
            pending=self.pending,
            announced=self.started,
            runner=self.runner,
            clock=self.clock,
            gateway_url="http://gateway",
        )
        self.execute = ExecutePlaybook(authorize=self.authorize, runner=self.runner, awaited=awaited)
        self.rerun = RerunExecution(authorize=self.authorize, runner=self.runner, awaited=awaited)
        self.announce = AnnounceStarted(streams=self.streams)
        self.drive = AuthPlaybookDrive(
            runner=self.runner,
            inbox=self.inbox,
            clock=self.clock,
            telemetry=self.telemetry,
            timeout=12.0,
            places=asyncio.Semaphore(4),
            gateway_url="http://gateway",
            callback_subject_prefix="noetl.callbacks",
        )

    def _deliver(self) -> None:
        self.deliver_auth = DeliverAuthCallback(inbox=self.inbox, telemetry=self.telemetry)
        self.deliver = DeliverCallback(
            pending=self.pending, streams=self.streams, clock=self.clock, telemetry=self.telemetry
        )
        self.report = ReportProgress(
            pending=self.pending, streams=self.streams, clock=self.clock, telemetry=self.telemetry
        )
        self.relay = RelayLifecycle(
            pending=self.pending,
            streams=self.streams,
            clock=self.clock,
            telemetry=self.telemetry,
            unclaimed=ExpiringMemory(self.clock, seconds=30, capacity=100),
        )
        self.recover = RecoverMissedEnd(runner=self.runner, relay=self.relay, clock=self.clock)
        self.stream_events = StreamEvents(
            clients=self.clients,
            streams=self.streams,
            pending=self.pending,
            recover=self.recover,
            clock=self.clock,
        )

    async def logged_in(self, user: User = ALICE) -> Session:
        """A session that NoETL has given out and the gateway knows."""
        session = self.authority.open(user)
        await self.sessions.put(session)
        return session


def _bearer(email: str) -> Identity:
    return Identity(issuer="https://tenant.auth0.com/", domain="tenant.auth0.com", subject="auth0|1", email=email)

"""NoETL as the gateway sees it, by way of one adapter or another."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tests.contracts.small_noetl import CATALOG_ID, JWT, PLAYBOOK, USER, SmallNoetl

from adapters.memory.access_checker import MemoryAccessChecker
from adapters.memory.bus import MemoryBus
from adapters.memory.callback_inbox import MemoryCallbackInbox
from adapters.memory.catalog import MemoryCatalog
from adapters.memory.playbook_runner import MemoryPlaybookRunner
from adapters.memory.session_authority import MemorySessionAuthority
from adapters.memory.telemetry import MemoryTelemetry
from adapters.memory.upstream import MemoryUpstream
from adapters.noetl.access_checker import NoetlAccessChecker
from adapters.noetl.api_client import NoetlApi
from adapters.noetl.catalog import NoetlCatalog
from adapters.noetl.playbook_runner import NoetlPlaybookRunner
from adapters.noetl.session_authority import NoetlSessionAuthority
from adapters.system.clock import SystemClock
from domain.auth_playbooks import AuthPlaybookDrive, PlaybookAccessChecker, PlaybookSessionAuthority
from domain.errors import AuthBackEndFailed, UpstreamUnreachable
from domain.identity import User
from domain.playbooks import RunStatus
from domain.ports.access_checker import AccessChecker
from domain.ports.catalog import Catalog
from domain.ports.playbook_runner import PlaybookRunner
from domain.ports.session_authority import SessionAuthority


@dataclass(frozen=True, slots=True, kw_only=True)
class BackEnd:
    """`JWT` logs in, `PLAYBOOK` may be run by whoever has a session, `no/...` is in no catalog.

    `end` ends a run as completed; `disappear` makes everything unreachable.
    """

    runner: PlaybookRunner
    authority: SessionAuthority
    access: AccessChecker
    catalog: Catalog
    end: Callable[[str], None]
    disappear: Callable[[], None]


def memory() -> BackEnd:
    clock = SystemClock()
    runner, catalog = MemoryPlaybookRunner(), MemoryCatalog({CATALOG_ID: PLAYBOOK})
    authority = MemorySessionAuthority(clock, {JWT: User(**{**USER, "roles": ("viewer",)})})
    access = MemoryAccessChecker({(PLAYBOOK, "execute")})

    def disappear() -> None:
        runner.trouble = catalog.trouble = UpstreamUnreachable()
        authority.trouble = access.trouble = AuthBackEndFailed()

    def end(execution_id: str) -> None:
        runner.statuses[execution_id] = RunStatus.COMPLETED

    return BackEnd(runner=runner, authority=authority, access=access, catalog=catalog, end=end, disappear=disappear)


def synchronous_api() -> BackEnd:
    noetl = SmallNoetl()
    api = NoetlApi(upstream=MemoryUpstream(noetl.handle), base_url="http://noetl", timeout=10)
    return _in_front_of(
        noetl,
        api,
        NoetlSessionAuthority(api=api, credential="pg_auth"),
        NoetlAccessChecker(api=api, credential="pg_auth"),
    )


def playbooks() -> BackEnd:
    noetl, clock = SmallNoetl(), SystemClock()
    inbox = MemoryCallbackInbox(MemoryBus(clock))
    drive = AuthPlaybookDrive(
        runner=MemoryPlaybookRunner(noetl.worker(inbox)),
        inbox=inbox,
        clock=clock,
        telemetry=MemoryTelemetry(),
        timeout=10,
        places=asyncio.Semaphore(4),
        gateway_url="http://gateway",
        callback_subject_prefix="noetl.callbacks",
    )
    authority = PlaybookSessionAuthority(
        drive=drive, login_path="login", validate_path="validate", db_credential="pg_auth"
    )
    api = NoetlApi(upstream=MemoryUpstream(noetl.handle), base_url="http://noetl", timeout=10)
    return _in_front_of(noetl, api, authority, PlaybookAccessChecker(drive=drive, check_path="check"))


def _in_front_of(noetl: SmallNoetl, api: NoetlApi, authority: SessionAuthority, access: AccessChecker) -> BackEnd:
    def end(execution_id: str) -> None:
        noetl.statuses[execution_id] = "COMPLETED"

    def disappear() -> None:
        noetl.is_reachable = False

    return BackEnd(
        runner=NoetlPlaybookRunner(api),
        authority=authority,
        access=access,
        catalog=NoetlCatalog(api),
        end=end,
        disappear=disappear,
    )

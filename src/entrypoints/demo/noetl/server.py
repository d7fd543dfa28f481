"""The simulated NoETL server, put together."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpx
from litestar.types import Receive, Scope, Send
from nats.aio.client import Client

from entrypoints.demo.asgi.application import run_application
from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.asgi.router import Route, Router
from entrypoints.demo.json_types import JsonObject
from entrypoints.demo.noetl.accounts import Accounts
from entrypoints.demo.noetl.api.auth import AuthApi
from entrypoints.demo.noetl.api.catalog import CatalogApi
from entrypoints.demo.noetl.api.credentials import CredentialsApi
from entrypoints.demo.noetl.api.debugging import DebuggingApi
from entrypoints.demo.noetl.api.errors import ApiError
from entrypoints.demo.noetl.api.execute import ExecuteApi
from entrypoints.demo.noetl.api.executions import ExecutionsApi
from entrypoints.demo.noetl.api.internal import InternalApi
from entrypoints.demo.noetl.api.postgres import PostgresApi
from entrypoints.demo.noetl.auth_flows import AuthFlows
from entrypoints.demo.noetl.auth_playbooks import AuthPlaybooks
from entrypoints.demo.noetl.callback_client import CallbackClient
from entrypoints.demo.noetl.callbacks import Callbacks
from entrypoints.demo.noetl.catalog import Catalog
from entrypoints.demo.noetl.credentials import Credentials
from entrypoints.demo.noetl.demo_playbooks import demo_playbooks
from entrypoints.demo.noetl.engine import Engine
from entrypoints.demo.noetl.event_feed import NatsEventFeed, NoEventFeed
from entrypoints.demo.noetl.faults import Faults
from entrypoints.demo.noetl.listeners import demo_listeners
from entrypoints.demo.noetl.nats_link import connected
from entrypoints.demo.noetl.permissions import DEFAULT_GRANTS, Grant, Permissions
from entrypoints.demo.noetl.request_log import RequestLog
from entrypoints.demo.noetl.session_cache import NatsSessionCache, NoSessionCache
from entrypoints.demo.noetl.snowflake import SnowflakeIds
from entrypoints.demo.supervision import RunningTasks


class SimulatedNoetl:
    """An ASGI application; `async with` it, since its playbooks run in the background.

    `nats_url`: where events and sessions go, None for nowhere. `event_stream` also creates a stream of events.
    `callback_url`: the gateway of auth playbooks whose workload names none.
    `internal_token`: sent with callbacks, and asked for by `/api/internal/ingress/...`.
    `grants`: what the roles of `accounts` may do.
    `rust_auth_routes`: `/api/auth/login` and `/api/auth/check-playbook-access` exist, as on the Rust server.
    `callback_deadline`: seconds after which a callback is given up. `callback_transport`: for tests.
    """

    def __init__(
        self,
        *,
        nats_url: str | None = None,
        event_stream: bool = False,
        session_bucket: str = "sessions",
        callback_url: str | None = None,
        callback_deadline: float = 10.0,
        callback_transport: httpx.AsyncBaseTransport | None = None,
        internal_token: str | None = None,
        accounts: Accounts | None = None,
        grants: Mapping[str, tuple[Grant, ...]] = DEFAULT_GRANTS,
        listeners: Mapping[str, JsonObject] | None = None,
        rust_auth_routes: bool = True,
    ) -> None:
        self.faults = Faults()
        self.requests = RequestLog()
        self.accounts = accounts or Accounts()
        self._ids = SnowflakeIds()
        self.catalog = Catalog(self._ids)
        self._nats_url, self._nats = nats_url, Client()
        self._feed = NatsEventFeed(self._nats, self.faults, keep=event_stream) if nats_url else NoEventFeed()
        self._tasks = RunningTasks()
        self._callbacks = CallbackClient(
            token=internal_token, deadline=callback_deadline, transport=callback_transport
        )
        reporter = Callbacks(self._callbacks, self.faults, default_url=callback_url)
        self.engine = Engine(ids=self._ids, feed=self._feed, reporter=reporter, tasks=self._tasks)
        flows = AuthFlows(self.accounts, Permissions(grants), self.faults)
        cache = NatsSessionCache(self._nats, session_bucket) if nats_url else NoSessionCache()
        for playbook in (*AuthPlaybooks(flows, cache).playbooks(), *demo_playbooks()):
            self.catalog.add(playbook)
        internal = InternalApi(listeners or demo_listeners(), self._ids, token=internal_token)
        self._router = Router((*internal.routes(), *self._routes(flows, rust_auth_routes)))
        self._resources = contextlib.AsyncExitStack()

    def _routes(self, flows: AuthFlows, rust_auth_routes: bool) -> tuple[Route, ...]:
        credentials = Credentials(self._ids)
        return (
            *ExecuteApi(self.catalog, self.engine, self.faults).routes(),
            *ExecutionsApi(self.engine, self.faults).routes(),
            *CatalogApi(self.catalog).routes(),
            *AuthApi(flows, credentials, rust_routes=rust_auth_routes).routes(),
            *CredentialsApi(credentials).routes(),
            *PostgresApi(self.faults).routes(),
            *DebuggingApi().routes(),
        )

    async def __aenter__(self) -> Self:
        """Raises `ConnectionError` when NATS is wanted and not there."""
        async with contextlib.AsyncExitStack() as resources:
            resources.push_async_callback(self._callbacks.close)
            if self._nats_url:
                await resources.enter_async_context(connected(self._nats, self._nats_url))
            await self._feed.open()
            resources.push_async_callback(self._tasks.close)
            self._resources = resources.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._resources.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await run_application(self._answer, scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        self.requests.add(request)
        await asyncio.sleep(self.faults.reply_delay)
        if (status := self.faults.reply_status) is not None:
            return json_response({"detail": HTTPStatus(status).phrase}, status=status)
        try:
            response = await self._router.dispatch(request)
        except ApiError as error:
            response = json_response({"detail": error.detail}, status=error.status)
        return replace(response, headers=(*response.headers, ("vary", "Origin")))

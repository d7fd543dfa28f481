"""`noetl-gateway demo`."""

import asyncio
import contextlib
import signal
from collections.abc import Mapping

from entrypoints.demo.issuer.server import DemoIssuer
from entrypoints.demo.noetl.server import SimulatedNoetl
from entrypoints.demo.ports import free_socket
from entrypoints.demo.servers import serve
from entrypoints.demo.stack import CALLBACK_TOKEN, FIXED_PORTS, DemoPorts, DemoStack, demo_stack
from entrypoints.demo.walkthrough import Walkthrough
from entrypoints.observability.logs import configure_logging

_PORTS = {
    "gateway": "DEMO_GATEWAY_PORT",
    "noetl": "DEMO_NOETL_PORT",
    "issuer": "DEMO_ISSUER_PORT",
    "nats": "DEMO_NATS_PORT",
}


async def run(environment: Mapping[str, str]) -> int:
    """Serves until interrupted. The ports can be moved by DEMO_GATEWAY_PORT and the like."""
    configure_logging("warning", "text")
    ports = DemoPorts(
        **{name: int(environment.get(variable, getattr(FIXED_PORTS, name))) for name, variable in _PORTS.items()}
    )
    ended = _until_interrupted()
    try:
        async with demo_stack(ports) as stack:
            print(_welcome(stack), flush=True)
            await ended.wait()
            print("\nEnding the demo ...", flush=True)
    except OSError as error:
        print(f"error: the demo cannot start: {error.strerror}. Is one of its ports taken? See DEMO_GATEWAY_PORT.")
        return 1
    return 0


async def run_back_ends(environment: Mapping[str, str]) -> int:
    """The simulated NoETL and the login page alone, reachable from outside a container, until interrupted."""
    configure_logging("warning", "text")
    ended = _until_interrupted()
    everywhere = "0.0.0.0"  # noqa: S104 - the container's port mapping decides who reaches it
    async with contextlib.AsyncExitStack() as running:
        noetl = await running.enter_async_context(
            SimulatedNoetl(nats_url=environment.get("NATS_URL"), internal_token=CALLBACK_TOKEN)
        )
        issuer = DemoIssuer(url=f"http://localhost:{FIXED_PORTS.issuer}")
        for app, port in ((noetl, FIXED_PORTS.noetl), (issuer, FIXED_PORTS.issuer)):
            await running.enter_async_context(serve(app, free_socket(port, everywhere), lifespan="off"))
        print(f"TOKEN={issuer.issue('alice@example.com')}", flush=True)
        await ended.wait()
    return 0


def _until_interrupted() -> asyncio.Event:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    return ended


async def check() -> int:
    """Walks through the stack on free ports; 0 only if every step held."""
    configure_logging("error", "text")
    async with demo_stack(DemoPorts()) as stack:
        return 0 if await Walkthrough(stack).run() else 1


def _welcome(stack: DemoStack) -> str:
    return f"""
The NoETL Gateway demo is running. Press Ctrl-C to end it.

  log in at    {stack.gateway_url}/ui/login.html

  gateway      {stack.gateway_url}          (GraphiQL: {stack.gateway_url}/graphql)
  login page   {stack.issuer.url}/authorize  stands in for Auth0
  NoETL        {stack.noetl_url}          simulated
  NATS         {stack.nats_url}

An Auth0 token of the administrator, to log in with (valid for an hour):

TOKEN={stack.issuer.issue("alice@example.com")}
"""

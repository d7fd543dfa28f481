"""Runs the built image, read-only and as its own user, against a NATS container, and walks through the main job.

    python -m tests.image.walk IMAGE [NATS_IMAGE]

Needs a Docker engine that can use the host's network; the back ends run in this process.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

from entrypoints.demo.ports import free_port
from entrypoints.demo.stack import DemoPorts, DemoStack, back_ends
from entrypoints.demo.walkthrough import Walkthrough

_READ_ONLY = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")


async def _docker(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "docker", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"docker {arguments[0]} failed: {output.decode()}")
    return output.decode().strip()


@contextlib.asynccontextmanager
async def _container(*arguments: str) -> AsyncIterator[str]:
    name = await _docker("run", "--detach", "--network=host", *arguments)
    try:
        yield name
    except BaseException:
        print(await _docker("logs", name), file=sys.stderr)
        raise
    finally:
        await _docker("rm", "--force", name)


async def _until_healthy(name: str) -> None:
    async with asyncio.timeout(60):
        while await _docker("inspect", "--format", "{{.State.Health.Status}}", name) != "healthy":
            await asyncio.sleep(0.5)


async def main(image: str, nats_image: str | None) -> int:
    async with contextlib.AsyncExitStack() as running:
        nats_url = None
        if nats_image is not None:
            port = free_port()
            command = (nats_image, "-js", "-sd", "/data", "-a", "127.0.0.1", "-p", str(port))
            await running.enter_async_context(_container("--tmpfs", "/data", *command))
            nats_url = f"nats://127.0.0.1:{port}"
            await _until_open(port)
        gateway_port = free_port()
        url = f"http://127.0.0.1:{gateway_port}"
        behind = await running.enter_async_context(back_ends(DemoPorts(), callback_url=url, nats_url=nats_url))
        variables = {**behind.variables, "ROUTER_PORT": str(gateway_port), "GATEWAY_PUBLIC_URL": url}
        settings = [f"--env={name}={value}" for name, value in variables.items()]
        name = await running.enter_async_context(_container(*_READ_ONLY, *settings, image))
        await _until_healthy(name)
        stack = DemoStack(
            gateway_url=url,
            noetl_url=behind.noetl_url,
            nats_url=behind.nats_url,
            noetl=behind.noetl,
            issuer=behind.issuer,
        )
        held = await Walkthrough(stack).run()
        await _docker("stop", "--time", "30", name)
        code = await _docker("inspect", "--format", "{{.State.ExitCode}}", name)
        print(f"{'ok     ' if code == '0' else 'FAILED '} SIGTERM ends it with exit code {code}")
        return 0 if held and code == "0" else 1


async def _until_open(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)))

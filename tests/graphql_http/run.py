"""The public GraphQL-over-HTTP audits against a whole gateway on loopback.

    npm --prefix tests/graphql_http ci
    PYTHONPATH=src:. python -m tests.graphql_http.run [URL]

With a URL, that GraphQL route is audited instead; SESSION_TOKEN then names a session.
"""

import asyncio
import os
import sys
from pathlib import Path

import httpx

from entrypoints.demo.stack import DemoPorts, DemoStack, demo_stack

_HERE = Path(__file__).parent


async def _audit(url: str, token: str | None = None) -> int:
    """The exit code: 0 if every audit passed."""
    environment = dict(os.environ) if token is None else {**os.environ, "SESSION_TOKEN": token}
    process = await asyncio.create_subprocess_exec("node", "audit.mjs", url, cwd=_HERE, env=environment)
    return await process.wait()


async def _audit_a_gateway() -> int:
    async with demo_stack(DemoPorts()) as stack:
        return await _audit(f"{stack.gateway_url}/graphql", await _session(stack))


async def _session(stack: DemoStack) -> str:
    async with httpx.AsyncClient(base_url=stack.gateway_url) as client:
        reply = await client.post("/api/auth/login", json={"auth0_token": stack.issuer.issue("alice@example.com")})
    token: str = reply.raise_for_status().json()["session_token"]
    return token


def main() -> int:
    if not (_HERE / "node_modules" / "graphql-http").is_dir():
        print("First run: npm --prefix tests/graphql_http ci", file=sys.stderr)  # noqa: T201
        return 2
    return asyncio.run(_audit(sys.argv[1]) if len(sys.argv) > 1 else _audit_a_gateway())


if __name__ == "__main__":
    sys.exit(main())

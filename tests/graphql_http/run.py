"""The public GraphQL-over-HTTP audits against the view, on a loopback port.

    npm --prefix tests/graphql_http ci
    PYTHONPATH=src python -m tests.graphql_http.run [URL]

With a URL, that gateway is audited instead; SESSION_TOKEN then names a session.
"""

import asyncio
import sys
from pathlib import Path

import uvicorn
from tests.unit.graphql.fakes import FakeNoetl, a_session

from entrypoints.graphql.graphiql import GraphiQL
from entrypoints.graphql.limits import GraphQLLimits
from entrypoints.graphql.schema import build_schema
from entrypoints.graphql.view import GraphQLView
from entrypoints.http.asgi import Receive, Scope, Send

_HERE = Path(__file__).parent


async def _audit(url: str) -> int:
    process = await asyncio.create_subprocess_exec("node", "audit.mjs", url, cwd=_HERE)
    return await process.wait()


async def _audit_own_view() -> int:
    view = GraphQLView(
        schema=build_schema(), use_cases=FakeNoetl().use_cases(), limits=GraphQLLimits(), graphiql=GraphiQL()
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await view(a_session(), scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        return await _audit(f"http://127.0.0.1:{port}/graphql")
    finally:
        server.should_exit = True
        await serving


def main() -> int:
    if not (_HERE / "node_modules" / "graphql-http").is_dir():
        print("First run: npm --prefix tests/graphql_http ci", file=sys.stderr)  # noqa: T201
        return 2
    return asyncio.run(_audit(sys.argv[1]) if len(sys.argv) > 1 else _audit_own_view())


if __name__ == "__main__":
    sys.exit(main())

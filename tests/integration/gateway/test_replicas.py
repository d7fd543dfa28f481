import asyncio

import pytest
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.walkthrough import Stream

pytestmark = pytest.mark.integration

_RUN = """
mutation($c: String) {
  executePlaybook(name: "demo/steps", variables: {seconds: 0.3}, clientId: $c) { requestId executionId }
}
"""


async def test_a_second_gateway_serves_the_session_of_the_first(deployment: Deployment) -> None:
    async with deployment.gateway() as first, deployment.gateway() as second:
        token = await deployment.log_in(first)
        executions = len(deployment.behind.noetl.requests.to("/api/execute"))
        reply = await second.get("/noetl/health", headers={"x-session-token": token})
        assert reply.status_code == 200
        assert len(deployment.behind.noetl.requests.to("/api/execute")) == executions, "NoETL was asked again"


async def test_a_login_finds_its_callback_on_another_gateway(deployment: Deployment) -> None:
    async with deployment.gateway() as first, deployment.gateway(GATEWAY_PUBLIC_URL=str(first.base_url)) as second:
        await deployment.log_in(second)


async def test_results_posted_to_one_gateway_arrive_on_the_stream_of_another(deployment: Deployment) -> None:
    async with deployment.gateway() as first, deployment.gateway(GATEWAY_PUBLIC_URL=str(first.base_url)) as second:
        await deployment.log_in(second)
        stream = await Stream.open(second)
        _, init = await stream.next("message")
        reply = await second.post("/graphql", json={"query": _RUN, "variables": {"c": init.result["clientId"]}})
        started = reply.json()["data"]["executePlaybook"]
        async with asyncio.timeout(10):
            _, result = await stream.next("playbook/result")
        assert result.params["requestId"] == started["requestId"]
        await stream.close()


async def test_logging_out_on_one_gateway_ends_session_and_stream_on_the_other(deployment: Deployment) -> None:
    async with deployment.gateway() as first, deployment.gateway() as second:
        token = await deployment.log_in(first)
        second.headers["authorization"] = f"Bearer {token}"
        assert (await second.get("/noetl/health")).status_code == 200
        stream = await Stream.open(second)
        await stream.next("message")
        await first.post("/api/auth/logout")
        async with asyncio.timeout(2):
            await stream.ended()
        assert (await second.get("/noetl/health")).status_code == 401
        await stream.close()

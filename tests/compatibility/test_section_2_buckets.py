"""Sections 2.3 and 2.5: the buckets as playbooks and older gateways expect them."""

import secrets

import httpx
import nats
import pytest
from nats.js.api import DiscardPolicy, KeyValueConfig, StorageType, StreamConfig
from tests.compatibility.event_stream import opened
from tests.compatibility.runs import execute
from tests.compatibility.stored import bucket, stored_session
from tests.integration.gateway.conftest import Deployment

pytestmark = pytest.mark.integration


async def _config(deployment: Deployment, variable: str) -> StreamConfig:
    connection = await nats.connect(deployment.behind.nats_url)
    try:
        return (await connection.jetstream().stream_info(f"KV_{deployment.variables[variable]}")).config
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("variable", "description", "value_bytes", "seconds"),
    [
        ("NATS_SESSION_BUCKET", "Session cache for gateway authentication", 10240, 300),
        ("NATS_REQUEST_BUCKET", "Pending playbook execution requests for callback routing", 4096, 1800),
    ],
)
async def test_section_2_a_bucket_is_created_as_the_original_creates_it(
    deployment: Deployment,
    gateway: httpx.AsyncClient,
    variable: str,
    description: str,
    value_bytes: int,
    seconds: int,
) -> None:
    """Playbooks' `kv_put` fails unless the bucket exists."""
    config = await _config(deployment, variable)
    assert config.subjects == [f"$KV.{deployment.variables[variable]}.>"]
    assert (config.description, config.max_msg_size, config.max_age) == (description, value_bytes, seconds)
    assert (config.max_msgs_per_subject, config.num_replicas) == (1, 1)
    assert (config.storage, config.discard) == (StorageType.FILE, DiscardPolicy.NEW)
    assert (config.allow_direct, config.allow_rollup_hdrs, config.deny_delete) == (True, True, True)


async def test_section_2_a_bucket_that_exists_is_used_as_it_is_found(deployment: Deployment) -> None:
    """Its age wins."""
    name = f"sessions_{secrets.token_hex(4)}"
    connection = await nats.connect(deployment.behind.nats_url)
    await connection.jetstream().create_key_value(KeyValueConfig(bucket=name, ttl=77, max_value_size=9999))
    found = {**deployment.variables, "NATS_SESSION_BUCKET": name}
    async with deployment.gateway(NATS_SESSION_BUCKET=name) as gateway:
        token = await deployment.log_in(gateway)
        assert await stored_session(Deployment(behind=deployment.behind, variables=found), token) is not None
    config = (await connection.jetstream().stream_info(f"KV_{name}")).config
    await connection.close()
    assert (config.max_age, config.max_msg_size) == (77, 9999)


async def test_section_2_a_pending_request_is_stored_under_its_id(
    deployment: Deployment, gateway: httpx.AsyncClient, alice: str
) -> None:
    async with opened(gateway, alice) as (_, init):
        run = await execute(gateway, "demo/slow", init["clientId"], seconds=60)
    async with bucket(deployment, "NATS_REQUEST_BUCKET") as requests:
        value = (await requests.get(run["requestId"])).value
    assert value is not None
    record = httpx.Response(200, content=value).json()
    assert record["client_id"] == init["clientId"]
    assert record["execution_id"] == run["executionId"]
    assert record["playbook_path"] == "demo/slow"
    assert isinstance(record["created_at"], int)
    assert record["session_token"] == "", "D27: no token is kept where it is not needed"

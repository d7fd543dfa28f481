"""Line 13: vectors of 7.4; body ids; fallbacks; preview errors, text and JSON (wire 7.4, 7.5)."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.compatibility.raw_http import Answer, ask
from tests.compatibility.upstream import Upstream, upstream
from tests.integration.gateway.conftest import Deployment

pytestmark = pytest.mark.integration

COUNTS = (2, 4, 8, 16, 64, 1024)
VECTORS = {
    0: (1, 3, 3, 11, 59, 955),
    1: (1, 1, 5, 5, 21, 405),
    42: (1, 3, 3, 3, 19, 851),
    12345: (1, 3, 3, 3, 3, 3),
    9999: (0, 0, 0, 8, 8, 648),
    9999999999: (1, 3, 7, 7, 55, 823),
    320816801799737344: (0, 2, 6, 14, 62, 702),
    635758340626186455: (1, 3, 3, 3, 19, 659),
    9223372036854775807: (0, 0, 4, 12, 12, 780),
    -1: (1, 1, 1, 9, 9, 713),
    -42: (0, 0, 4, 4, 52, 1012),
    -9223372036854775808: (0, 0, 0, 0, 32, 224),
}


async def _preview(origin: str, query: str) -> Answer:
    return await ask(origin, f"/sharding/preview?{query}")


@pytest.mark.parametrize("execution_id", VECTORS)
async def test_line_13_the_vectors(origin: str, execution_id: int) -> None:
    for count, index in zip((1, *COUNTS), (0, *VECTORS[execution_id]), strict=True):
        answer = await _preview(origin, f"execution_id={execution_id}&shard_count={count}")
        assert answer.status == 200
        assert f'"execution_id":{execution_id},' in answer.text, "the digits of the id survive"
        assert answer.json == {
            "execution_id": execution_id,
            "shard_count": count,
            "shard_index": index,
            "source": "noetl-gateway",
            "hash_function": "twox_hash::XxHash64",
            "seed": 0,
        }


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("execution_id=abc&shard_count=4", 'execution_id "abc" is not a valid i64'),
        ("execution_id=&shard_count=4", 'execution_id "" is not a valid i64'),
        ("execution_id=9223372036854775808&shard_count=4", 'execution_id "9223372036854775808" is not a valid i64'),
        ("execution_id=+5&shard_count=4", 'execution_id " 5" is not a valid i64'),
        ("execution_id=a%22b&shard_count=4", 'execution_id "a\\"b" is not a valid i64'),
        ("execution_id=abc&shard_count=0", 'execution_id "abc" is not a valid i64'),
        ("execution_id=1&shard_count=0", "shard_count must be >= 1"),
        ("execution_id=1&shard_count=1025", "shard_count 1025 exceeds practical maximum 1024"),
    ],
)
async def test_line_13_errors_of_the_preview_in_json(origin: str, query: str, error: str) -> None:
    answer = await _preview(origin, query)
    assert (answer.status, answer.json) == (400, {"error": error})


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("shard_count=4", "Failed to deserialize query string: missing field `execution_id`"),
        ("execution_id=1", "Failed to deserialize query string: missing field `shard_count`"),
        ("execution_id=1&shard_count=-1", "Failed to deserialize query string: "),
        ("execution_id=1&shard_count=x", "Failed to deserialize query string: "),
        ("execution_id=1&shard_count=4294967296", "Failed to deserialize query string: "),
    ],
)
async def test_line_13_errors_of_the_preview_in_text(origin: str, query: str, sentence: str) -> None:
    answer = await _preview(origin, query)
    assert (answer.status, answer.header("content-type")) == (400, "text/plain; charset=utf-8")
    assert answer.text.startswith(sentence)


@dataclass(frozen=True, slots=True)
class Sharded:
    origin: str
    token: str
    shards: list[Upstream]
    default: Upstream

    async def owner(self, path: str, body: bytes = b"", method: str = "") -> int:
        """The shard that was asked; -1 for the base URL."""
        servers = [self.default, *self.shards]
        for server in servers:
            server.forget()
        method = method or ("POST" if body else "GET")
        await ask(self.origin, f"/noetl/{path}", [("X-Session-Token", self.token)], method=method, body=body)
        (asked,) = [index for index, server in enumerate(servers, start=-1) if server.requests]
        return asked


@pytest.fixture(scope="module")
async def sharded(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sharded]:
    async with contextlib.AsyncExitStack() as running:
        usual = await running.enter_async_context(deployment.gateway())
        token = await deployment.log_in(usual)
        shards = [await running.enter_async_context(upstream()) for _ in range(4)]
        default = await running.enter_async_context(upstream())
        config = Path(tmp_path_factory.mktemp("shards")) / "gateway.json"
        table = [{"shard_index": index, "base_url": f"{shard.url}/"} for index, shard in enumerate(shards)]
        config.write_text(json.dumps({"noetl": {"shards": table[::-1]}}))
        gateway = await running.enter_async_context(
            deployment.gateway(GATEWAY_CONFIG=str(config), NOETL_BASE_URL=default.url)
        )
        yield Sharded(str(gateway.base_url).rstrip("/"), token, shards, default)


@pytest.mark.parametrize("execution_id", VECTORS)
async def test_line_13_the_path_names_the_owner(sharded: Sharded, execution_id: int) -> None:
    expected = VECTORS[execution_id][1]
    assert await sharded.owner(f"executions/{execution_id}") == expected
    assert await sharded.owner(f"executions/{execution_id}/cancel", b"{}") == expected
    assert await sharded.owner(f"vars/{execution_id}/name?x=1") == expected


@pytest.mark.parametrize("execution_id", [42, 9223372036854775807, -1])
@pytest.mark.parametrize("path", ["events", "events/batch"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_line_13_the_body_of_events_names_the_owner(
    sharded: Sharded, execution_id: int, path: str, method: str
) -> None:
    expected = VECTORS[execution_id][1]
    for spelled in (f"{execution_id}", f'"{execution_id}"'):
        body = f'{{"x": {{"execution_id": 1}}, "execution_id": {spelled}}}'.encode()
        assert await sharded.owner(path, body, method) == expected
        assert sharded.shards[expected].last.body == body


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("executions", b""),
        ("executions/abc", b""),
        ("executions/9223372036854775808", b""),
        ("executions/%D9%A1", b""),
        ("executions/1_0", b""),
        ("executions/%201", b""),
        ("catalog/1", b""),
        ("execution/1", b""),
        ("events", b""),
        ("events", b"[]"),
        ("events", b'[{"execution_id": 1}]'),
        ("events", b'{"a": {"execution_id": 1}}'),
        ("events", b'{"execution_id": 1.5}'),
        ("events", b'{"execution_id": true}'),
        ("events", b'{"execution_id": null}'),
        ("events", b"not json"),
        ("events/other", b'{"execution_id": 1}'),
        ("other", b'{"execution_id": 1}'),
    ],
)
async def test_line_13_everything_else_goes_to_the_base_url(sharded: Sharded, path: str, body: bytes) -> None:
    assert await sharded.owner(path, body) == -1

"""`GET /sharding/preview`: which shard an execution would live on (wire 7.5)."""

import re

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from domain.shards import parse_int64, shard_of
from entrypoints.http.asgi import query_parameters
from entrypoints.http.json_body import BodyRefused, HttpRequest
from entrypoints.http.routes.replies import json_reply

_MOST_SHARDS = 1024
_U32 = re.compile(r"\+?[0-9]+", re.ASCII)


def sharding_routes() -> list[HTTPRouteHandler]:
    @get("/sharding/preview", sync_to_thread=False)
    def preview(request: HttpRequest) -> Response[bytes]:
        parameters = query_parameters(request.scope)
        for name in ("execution_id", "shard_count"):
            if name not in parameters:
                raise BodyRefused(400, f"Failed to deserialize query string: missing field `{name}`")
        shard_count = _u32(parameters["shard_count"])
        execution_id = parse_int64(parameters["execution_id"])
        if execution_id is None:
            shown = msgspec.json.encode(parameters["execution_id"]).decode()
            return json_reply({"error": f"execution_id {shown} is not a valid i64"}, 400)
        if shard_count < 1:
            return json_reply({"error": "shard_count must be >= 1"}, 400)
        if shard_count > _MOST_SHARDS:
            problem = f"shard_count {shard_count} exceeds practical maximum {_MOST_SHARDS}"
            return json_reply({"error": problem}, 400)
        return json_reply(_preview(execution_id, shard_count))

    return [preview]


def _preview(execution_id: int, shard_count: int) -> dict[str, object]:
    return {
        "execution_id": execution_id,
        "shard_count": shard_count,
        "shard_index": shard_of(execution_id, shard_count),
        "source": "noetl-gateway",
        "hash_function": "twox_hash::XxHash64",
        "seed": 0,
    }


def _u32(text: str) -> int:
    if not _U32.fullmatch(text) or len(text) > 12 or int(text) >= 1 << 32:
        raise BodyRefused(400, "Failed to deserialize query string: shard_count: invalid digit found in string")
    return int(text)

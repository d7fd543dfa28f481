import pytest
from tests.unit.domain.gateway import ALICE

from domain.access import GUARDED, ProxyPolicy
from domain.errors import RouteDenied
from domain.use_cases.forward_request import ForwardRequest, Route, Shards

ALONE = ForwardRequest(policy=ProxyPolicy(GUARDED), shards=Shards(default="http://noetl:8082"))
SHARDED = ForwardRequest(
    policy=ProxyPolicy(GUARDED),
    shards=Shards(default="http://noetl:8082", base_urls=tuple(f"http://shard-{n}:8082" for n in range(16))),
)


def route(forward: ForwardRequest, raw: bytes) -> Route:
    return forward(ALICE, "GET", raw)[1]


@pytest.mark.parametrize(
    ("raw", "query", "target"),
    [
        (b"health", b"", b"/api/health"),
        (b"executions/1", b"page_size=100", b"/api/executions/1?page_size=100"),
        (
            b"catalog/a%2Fb%20c%23d/ui_schema",
            b"q=%2F&q=a+b&&x",
            b"/api/catalog/a%2Fb%20c%23d/ui_schema?q=%2F&q=a+b&&x",
        ),
        (b"a//b/", b"", b"/api/a//b/"),
    ],
)
def test_path_and_query_are_forwarded_byte_for_byte(raw: bytes, query: bytes, target: bytes) -> None:
    found = route(ALONE, raw)
    assert found.base_url == "http://noetl:8082"
    assert found.with_query(query) == target


@pytest.mark.parametrize("raw", [b"internal/plugins", b"auth/login", b"credentials/pg_auth"])
def test_what_the_policy_denies_has_no_route(raw: bytes) -> None:
    with pytest.raises(RouteDenied):
        route(ALONE, raw)


@pytest.mark.parametrize(
    ("raw", "owner"),
    [
        (b"executions/1/status", "http://shard-5:8082"),
        (b"executions/320816801799737344", "http://shard-14:8082"),
        (b"vars/-1", "http://shard-9:8082"),
        (b"executions/+1", "http://shard-5:8082"),
        (b"executions/x", "http://noetl:8082"),
        (b"executions", "http://noetl:8082"),
        (b"catalog/1", "http://noetl:8082"),
        (b"events", "http://noetl:8082"),
    ],
)
def test_the_owner_of_an_execution_gets_the_request(raw: bytes, owner: str) -> None:
    assert route(SHARDED, raw).base_url == owner
    assert route(ALONE, raw).base_url == "http://noetl:8082"


@pytest.mark.parametrize(
    ("path", "named"), [("events", True), ("events/batch", True), ("events/x", False), ("x", False)]
)
def test_events_name_their_execution_in_the_body(path: str, named: bool) -> None:
    assert SHARDED.names_execution_in_body(path.split("/")) is named
    assert not ALONE.names_execution_in_body(path.split("/"))


def test_the_owner_can_be_looked_up_by_the_id_in_the_body() -> None:
    assert SHARDED.shards.owner(42) == "http://shard-3:8082"
    assert SHARDED.shards.owner(None) == "http://noetl:8082"

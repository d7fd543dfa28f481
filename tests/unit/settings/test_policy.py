"""Domain values made from settings."""

import pytest
from tests.unit.settings.conftest import Load

from domain.errors import RouteDenied
from domain.identity import User
from domain.paths import ProxyPath
from entrypoints.policy import proxy_policy, shards

RULES = """
[[proxy_policy.rules]]
path = "Credentials/public/**"
need = "session"

[[proxy_policy.rules]]
path = "executions/*/cancel"
need = "role"
roles = ["operator"]
methods = ["post"]

[[proxy_policy.rules]]
path = "/dashboard/"
need = "nobody"
"""


def may(loaded: Load, method: str, path: str, *roles: str, file: str = RULES, mode: str = "guarded") -> bool:
    user = User(user_id=1, email="a@b.test", display_name="A", roles=roles)
    policy = proxy_policy(loaded({"GATEWAY_PROXY_POLICY": mode}, file))
    try:
        policy.check(user, method, ProxyPath.parse(path.encode()))
    except RouteDenied:
        return False
    return True


@pytest.mark.parametrize(
    ("method", "path", "roles", "allowed"),
    [
        ("GET", "credentials/public/x", [], True),
        ("GET", "credentials/other", [], False),
        ("GET", "credentials/other", ["admin"], True),
        ("POST", "executions/5/cancel", [], False),
        ("POST", "EXECUTIONS/5/cancel", [], False),
        ("POST", "executions/5/cancel", ["operator"], True),
        ("GET", "executions/5/cancel", [], True),
        ("GET", "dashboard", ["admin"], False),
        ("GET", "internal/x", ["admin", "operator"], False),
    ],
)
def test_own_rules_come_before_the_guarded_ones(
    loaded: Load, method: str, path: str, roles: list[str], allowed: bool
) -> None:
    assert may(loaded, method, path, *roles) is allowed


def test_an_open_policy_has_own_rules_only(loaded: Load) -> None:
    assert may(loaded, "GET", "internal/x", mode="open")
    assert not may(loaded, "GET", "dashboard", mode="open")


def test_without_rules_the_guarded_ones_hold(loaded: Load) -> None:
    assert not may(loaded, "GET", "internal/x", "admin", file="")
    assert may(loaded, "GET", "executions", file="")


def test_shards_are_put_in_order(loaded: Load) -> None:
    entries = [{"shard_index": index, "base_url": f"http://noetl-{index}/"} for index in (2, 0, 1)]
    file = "[noetl]\nshards = [" + ",".join(
        f'{{ shard_index = {entry["shard_index"]}, base_url = "{entry["base_url"]}" }}' for entry in entries
    )
    made = shards(loaded(file=file + "]\n"))
    assert made.default == "http://localhost:8082"
    assert made.base_urls == ("http://noetl-0", "http://noetl-1", "http://noetl-2")

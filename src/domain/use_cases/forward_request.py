from collections.abc import Sequence
from dataclasses import dataclass

from domain.access import ProxyPolicy
from domain.identity import User
from domain.paths import ProxyPath
from domain.shards import execution_id_in_path, shard_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Shards:
    """`base_urls[i]` owns shard i; without any, `default` owns everything (wire 7.4). No trailing slashes."""

    default: str
    base_urls: tuple[str, ...] = ()

    def owner(self, execution_id: int | None) -> str:
        if execution_id is None or not self.base_urls:
            return self.default
        return self.base_urls[shard_of(execution_id, len(self.base_urls))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a request goes: `target` is the raw path and query below `base_url`."""

    base_url: str
    target: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardRequest:
    """Decides whether a request may be forwarded to NoETL, and to which server (wire 7).

    No waiting: authentication and the authorisation of executions come before.
    """

    policy: ProxyPolicy
    shards: Shards

    def __call__(self, user: User, method: str, path: ProxyPath, query: bytes) -> Route:
        """`query`: as received, without the question mark. Raises RouteDenied."""
        self.policy.check(user, method, path)
        base_url = (
            self.shards.owner(execution_id_in_path(path.segments)) if self.shards.base_urls else self.shards.default
        )
        target = b"/api/" + path.raw
        return Route(base_url=base_url, target=target + b"?" + query if query else target)

    def names_execution_in_body(self, segments: Sequence[str]) -> bool:
        """Whether the owner has to be looked up in the body: only events name their execution there."""
        return bool(self.shards.base_urls) and tuple(segments) in (("events",), ("events", "batch"))

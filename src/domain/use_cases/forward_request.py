from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from domain.access import ProxyPolicy
from domain.identity import User
from domain.paths import ProxyPath
from domain.shards import execution_id_in_path, shard_of

_DECISIONS = 2048
_LONGEST_REMEMBERED = 256
"""Bytes of path; longer ones are decided each time."""


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
    """Where a request goes: `target` is the raw path below `base_url`."""

    base_url: str
    target: bytes

    def with_query(self, query: bytes) -> bytes:
        """The target with a query as it was received, without its question mark; it may be empty."""
        return self.target + b"?" + query if query else self.target


class ForwardRequest:
    """Decides whether a request may be forwarded to NoETL, and to which server (wire 7).

    No waiting: authentication and the authorisation of executions come before.
    """

    def __init__(self, *, policy: ProxyPolicy, shards: Shards) -> None:
        self._policy = policy
        self.shards = shards
        self._remembered = lru_cache(maxsize=_DECISIONS)(self._decided)

    def __call__(self, user: User, method: str, raw_path: bytes) -> tuple[ProxyPath, Route]:
        """`raw_path`: below `/noetl/` (or `/api/`), percent-encoded and without query.

        Raises PathRefused, RouteDenied; a refusal is not remembered.
        """
        decide = self._decided if len(raw_path) > _LONGEST_REMEMBERED else self._remembered
        return decide(user, method, raw_path)

    def _decided(self, user: User, method: str, raw_path: bytes) -> tuple[ProxyPath, Route]:
        path = ProxyPath.parse(raw_path)
        self._policy.check(user, method, path)
        base_url = (
            self.shards.owner(execution_id_in_path(path.segments)) if self.shards.base_urls else self.shards.default
        )
        return path, Route(base_url=base_url, target=b"/api/" + path.raw)

    def names_execution_in_body(self, segments: Sequence[str]) -> bool:
        """Whether the owner has to be looked up in the body: only events name their execution there."""
        return bool(self.shards.base_urls) and tuple(segments) in (("events",), ("events", "batch"))

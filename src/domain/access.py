"""Who may do what: decisions about playbooks, and the policy of the proxy as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from domain.errors import RouteDenied
from domain.identity import User
from domain.paths import ProxyPath, tolerant_reading


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDecision:
    allowed: bool
    message: str
    user: User | None = None


class Need(Enum):
    NOTHING_HELPS = "nobody"
    SESSION = "session"
    ROLE = "role"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`pattern`: segments below `/noetl/`; `*` is any one of them, a final `**` any rest, also none.

    `methods`: upper case, empty for all. `roles`: one of these is needed when `need` is ROLE.
    """

    pattern: tuple[str, ...]
    need: Need
    roles: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()

    def matches(self, method: str, segments: Sequence[str]) -> bool:
        """`segments`: case-folded (`tolerant_reading`)."""
        if self.methods and method not in self.methods:
            return False
        pattern = self.pattern
        if pattern and pattern[-1] == "**":
            pattern = pattern[:-1]
            if len(segments) < len(pattern):
                return False
        elif len(segments) != len(pattern):
            return False
        return all(want == "*" or want.casefold() == got for want, got in zip(pattern, segments, strict=False))


_STAFF = ("admin", "developer")


def _rule(path: str, need: Need, *roles: str, methods: tuple[str, ...] = ()) -> Rule:
    return Rule(pattern=tuple(path.split("/")), need=need, roles=roles, methods=methods)


GUARDED: tuple[Rule, ...] = (
    _rule("internal/**", Need.NOTHING_HELPS),
    _rule("auth/**", Need.NOTHING_HELPS),
    _rule("postgres/**", Need.ROLE, *_STAFF),
    _rule("credentials/**", Need.ROLE, *_STAFF),
    _rule("catalog/register", Need.ROLE, *_STAFF),
    _rule("executions/cleanup", Need.ROLE, *_STAFF),
)
"""The default policy (D10, D11); what no rule names needs a session and nothing else."""


class ProxyPolicy:
    """The first matching rule decides; every reading of the path must be allowed.

    Rules are looked up by their first segment: most requests meet none, and every proxied request asks.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        names = {rule.pattern[0].casefold() for rule in rules if rule.pattern}
        self._general = tuple(rule for rule in rules if _is_general(rule))
        self._by_first = {
            name: tuple(rule for rule in rules if _is_general(rule) or rule.pattern[0].casefold() == name)
            for name in names - _WILDCARDS
        }

    def check(self, user: User, method: str, path: ProxyPath) -> None:
        """Raises:
        RouteDenied: the user may not call this path with this method.
        """
        for reading in (path.segments, *path.deeper):
            rule = self._first_match(method, tolerant_reading(reading))
            if rule is None or rule.need is Need.SESSION:
                continue
            if rule.need is Need.NOTHING_HELPS or not user.has_role(*rule.roles):
                raise RouteDenied

    def _first_match(self, method: str, segments: Sequence[str]) -> Rule | None:
        rules = self._by_first.get(segments[0], self._general) if segments else self._general
        return next((rule for rule in rules if rule.matches(method, segments)), None)


_WILDCARDS = frozenset({"*", "**"})


def _is_general(rule: Rule) -> bool:
    return not rule.pattern or rule.pattern[0] in _WILDCARDS

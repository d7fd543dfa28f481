"""Which role may do what with which playbook."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Grant:
    """Allows `actions` (`execute`, `view`, `modify`) on the paths that fit the shell-style `pattern`."""

    pattern: str
    actions: frozenset[str]

    def allows(self, path: str, action: str) -> bool:
        return action in self.actions and fnmatchcase(path, self.pattern)


DEFAULT_GRANTS: Mapping[str, tuple[Grant, ...]] = {
    "admin": (Grant("*", frozenset({"execute", "view", "modify"})),),
    "developer": (Grant("*", frozenset({"execute", "view"})), Grant("demo/*", frozenset({"modify"}))),
    "viewer": (Grant("demo/quick", frozenset({"execute"})), Grant("*", frozenset({"view"}))),
}


class Permissions:
    def __init__(self, grants: Mapping[str, tuple[Grant, ...]]) -> None:
        self._grants = grants

    def allow(self, roles: Iterable[str], path: str, action: str) -> bool:
        return any(grant.allows(path, action) for role in roles for grant in self._grants.get(role, ()))

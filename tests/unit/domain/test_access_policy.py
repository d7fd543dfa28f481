from urllib.parse import quote

import pytest

from domain.access import GUARDED, Need, ProxyPolicy, Rule
from domain.errors import PathRefused, RouteDenied
from domain.identity import User
from domain.paths import ProxyPath

POLICY = ProxyPolicy(GUARDED)
ADMIN = User(user_id=1, email="a@example.com", display_name="A", roles=("admin",))
DEVELOPER = User(user_id=2, email="d@example.com", display_name="D", roles=("developer",))
VIEWER = User(user_id=3, email="v@example.com", display_name="V", roles=("viewer",))


def is_allowed(user: User, raw: bytes, method: str = "POST") -> bool:
    try:
        POLICY.check(user, method, ProxyPath.parse(raw))
    except (RouteDenied, PathRefused):
        return False
    return True


def spellings(path: str) -> list[bytes]:
    """How one might hope to be read as `path` without being recognised."""
    head, _, tail = path.partition("/")
    hexed = "".join(f"%{ord(character):02x}" for character in head)
    plain = [
        path,
        path + "/",
        "/" + path,
        "//" + path,
        path.upper(),
        path.title(),
        f"{head};x=1/{tail}",
        f";a/{path}",
        f"{head}%20/{tail}",
        f"%20{path}",
        f"{head}%2F{tail}",
        f"{head}%2f{tail}",
        f"{hexed}/{tail}",
        f"{hexed.upper().replace('%', '%25')}/{tail}",
        f"{head}%252F{tail}",
        f"{head}%3Bx/{tail}",
        f"x/../{path}",
        f"x/%2e%2e/{path}",
        f"./{path}",
        f"{head}\\{tail}",
        f"%5c{path}",
        quote(quote(quote(path, safe=""), safe=""), safe=""),
    ]
    return [spelling.encode() for spelling in plain]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])
@pytest.mark.parametrize("path", ["internal/ingress/x", "internal/plugins", "auth/login", "auth/session/validate"])
def test_internal_and_auth_are_nobodys_in_every_spelling(path: str, method: str) -> None:
    for raw in spellings(path):
        assert not is_allowed(ADMIN, raw, method), raw


@pytest.mark.parametrize("raw", [b"internal", b"auth", b"INTERNAL/", b"auth;v=2"])
def test_the_bare_prefixes_are_nobodys_either(raw: bytes) -> None:
    assert not is_allowed(ADMIN, raw)


@pytest.mark.parametrize(
    "path", ["postgres/execute", "credentials", "credentials/pg_auth", "catalog/register", "executions/cleanup"]
)
def test_powerful_routes_need_a_role(path: str) -> None:
    assert is_allowed(ADMIN, path.encode())
    assert is_allowed(DEVELOPER, path.encode())
    for raw in spellings(path if "/" in path else path + "/"):
        assert not is_allowed(VIEWER, raw), raw


@pytest.mark.parametrize(
    "path",
    [
        b"execute",
        b"executions/123/status",
        b"catalog/list",
        b"catalog/registered",
        b"internals",
        b"x/internal",
        b"authors",
        b"executions/cleanup/123",
        b"catalog/a%2Fb/ui_schema",
    ],
)
def test_everything_else_needs_a_session_only(path: bytes) -> None:
    assert is_allowed(VIEWER, path)


def test_the_first_matching_rule_decides() -> None:
    policy = ProxyPolicy(
        (
            Rule(pattern=("reports", "public"), need=Need.SESSION),
            Rule(pattern=("reports", "**"), need=Need.ROLE, roles=("analyst",)),
        )
    )

    policy.check(VIEWER, "GET", ProxyPath.parse(b"reports/public"))
    with pytest.raises(RouteDenied):
        policy.check(VIEWER, "GET", ProxyPath.parse(b"reports/public/2026"))
    with pytest.raises(RouteDenied):
        policy.check(VIEWER, "GET", ProxyPath.parse(b"reports"))


def test_a_rule_may_concern_some_methods_only() -> None:
    policy = ProxyPolicy((Rule(pattern=("catalog", "*"), need=Need.NOTHING_HELPS, methods=("DELETE",)),))

    policy.check(VIEWER, "GET", ProxyPath.parse(b"catalog/x"))
    policy.check(VIEWER, "DELETE", ProxyPath.parse(b"catalog/x/y"))
    with pytest.raises(RouteDenied):
        policy.check(VIEWER, "DELETE", ProxyPath.parse(b"catalog/x"))


def test_an_own_rule_holds_in_whatever_case_it_was_written() -> None:
    policy = ProxyPolicy((Rule(pattern=("Secret", "**"), need=Need.NOTHING_HELPS),))

    for raw in (b"Secret/x", b"secret/x", b"SECRET"):
        with pytest.raises(RouteDenied):
            policy.check(ADMIN, "GET", ProxyPath.parse(raw))


def test_without_rules_a_session_is_enough() -> None:
    ProxyPolicy(()).check(VIEWER, "POST", ProxyPath.parse(b"internal/x"))

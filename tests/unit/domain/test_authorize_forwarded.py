import json

import pytest
from tests.unit.domain.gateway import PLAYBOOK, Gateway

from adapters.memory.bus import MemoryBus
from domain.errors import AuthBackEndUnavailable, PathRefused, PlaybookDenied, RequestMalformed
from domain.identity import Session
from domain.json_values import JsonValue
from domain.paths import ProxyPath
from domain.use_cases.authorize_forwarded import AuthorizeForwarded


@pytest.fixture
def guard(gateway: Gateway) -> AuthorizeForwarded:
    return AuthorizeForwarded(authorize=gateway.authorize)


@pytest.fixture
async def session(gateway: Gateway) -> Session:
    gateway.catalog.paths["43"] = "secret/playbook"
    gateway.catalog.execution_paths["1001"] = "secret/playbook"
    return await gateway.logged_in()


EXECUTE = ProxyPath.parse(b"execute")


def body(**members: JsonValue) -> bytes:
    return json.dumps(members).encode()


@pytest.mark.parametrize(
    ("method", "raw", "concerns"),
    [
        ("POST", b"execute", True),
        ("PUT", b"execute/", True),
        ("POST", b"EXECUTE", True),
        ("POST", b"//execute", True),
        ("POST", b"execute;v=1", True),
        ("POST", b";x/execute", True),
        ("POST", b"%65xecute", True),
        ("POST", b"%2565xecute", True),
        ("POST", b"execute%20", True),
        ("POST", b"execute/async", True),
        ("POST", b"executions/1000/rerun", True),
        ("POST", b"executions/1000/RERUN", True),
        ("POST", b"executions/1000%2Frerun", True),
        ("GET", b"execute", False),
        ("HEAD", b"execute", False),
        ("POST", b"executions/1000/cancel", False),
        ("POST", b"executions/1000/rerun/x", False),
        ("POST", b"catalog/execute", False),
        ("POST", b"executes", False),
    ],
)
def test_what_starts_something_is_looked_at_in_every_spelling(
    guard: AuthorizeForwarded, method: str, raw: bytes, concerns: bool
) -> None:
    assert guard.concerns(method, ProxyPath.parse(raw)) is concerns


async def test_what_may_be_run_passes(guard: AuthorizeForwarded, session: Session) -> None:
    await guard(session, EXECUTE, body(path=PLAYBOOK, workload={}))
    await guard(session, EXECUTE, body(catalog_id="42"))
    await guard(session, EXECUTE, body(catalog_id=42))
    await guard(session, EXECUTE, body(path=PLAYBOOK, catalog_id=None))
    await guard(session, ProxyPath.parse(b"Execute/"), body(path=PLAYBOOK))
    await guard(session, ProxyPath.parse(b"executions/1000/rerun"), b"")


@pytest.mark.parametrize(
    "order",
    [
        {"path": "secret/playbook"},
        {"catalog_id": "43"},
        {"catalog_id": 43},
        {"catalog_id": "999"},
        {"path": PLAYBOOK, "catalog_id": "43"},
        {"path": "secret/playbook", "catalog_id": "42"},
        {"path": "", "catalog_id": "43"},
    ],
)
async def test_what_may_not_be_run_is_stopped_whichever_way_it_is_named(
    guard: AuthorizeForwarded, session: Session, order: dict[str, JsonValue]
) -> None:
    with pytest.raises(PlaybookDenied):
        await guard(session, EXECUTE, body(**order))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"path": "examples/hello", "path": "secret/playbook"}',
        b'{"path": "secret/playbook", "path": "examples/hello"}',
        b'{"path": "examples/hello", "p\\u0061th": "secret/playbook"}',
        b'{"path": "examples/hello", "workload": {"a": 1, "a": 2}}',
        b'{"path": NaN}',
        b'{"path": "examples/hello", "x": Infinity}',
        '{"path": "examples/hello"}'.encode("utf-16"),
        '{"path": "examples/hello"}'.encode("utf-16-le"),
        '{"path": "examples/hello"}'.encode("utf-32"),
        b"\xef\xbb\xbf" + b'{"path": "examples/hello"}',
        b'{"path": "examples/hello\xff"}',
        b'[{"path": "examples/hello"}]',
        b'"examples/hello"',
        b"",
        b"{",
        b"null",
        b"{}",
        b'{"path": null}',
        b'{"path": ""}',
        b'{"path": ["examples/hello"]}',
        b'{"path": 7}',
        b'{"path": "\\ud800"}',
        b'{"path": "examples/hello", "catalog_id": true}',
        b'{"path": "examples/hello", "catalog_id": 43.0}',
        b'{"path": "examples/hello", "catalog_id": 4.3e1}',
        b'{"path": "examples/hello", "catalog_id": " 43 "}',
        b'{"path": "examples/hello", "catalog_id": "none"}',
        b'{"path": "examples/hello", "catalog_id": ""}',
        b'{"path": "examples/hello", "catalog_id": "43\\n"}',
        b'{"path": "examples/hello", "catalog_id": -43}',
        b'{"path": "examples/hello", "catalog_id": ["43"]}',
        b'{"path": "examples/hello", "catalog_id": ' + b"4" * 5000 + b"}",
        b"path=examples/hello",
        b"[" * 100_000,
    ],
)
async def test_a_body_that_two_readers_may_understand_differently_is_refused(
    guard: AuthorizeForwarded, session: Session, raw: bytes
) -> None:
    with pytest.raises(RequestMalformed):
        await guard(session, EXECUTE, raw)


@pytest.mark.parametrize(
    "raw",
    [b"execute/async", b"execute;v=1", b";x/execute", b"execute%20", b"%2565xecute", b"executions;a/1000/rerun"],
)
async def test_only_the_plain_path_starts_something(guard: AuthorizeForwarded, session: Session, raw: bytes) -> None:
    with pytest.raises(PlaybookDenied):
        await guard(session, ProxyPath.parse(raw), body(path=PLAYBOOK))


async def test_what_ran_before_may_be_run_again_by_who_may_run_it(
    guard: AuthorizeForwarded, session: Session
) -> None:
    for raw in (b"executions/1001/rerun", b"executions/999/rerun"):
        with pytest.raises(PlaybookDenied):
            await guard(session, ProxyPath.parse(raw), b"")
    for raw in (b"executions/x/rerun", b"executions/1000%20/rerun", b"executions/1e3/rerun"):
        with pytest.raises((RequestMalformed, PathRefused)):
            await guard(session, ProxyPath.parse(raw), b"")


async def test_doubt_stops_a_request(gateway: Gateway, guard: AuthorizeForwarded, session: Session) -> None:
    gateway.access.trouble = AuthBackEndUnavailable()

    with pytest.raises(AuthBackEndUnavailable):
        await guard(session, EXECUTE, body(path=PLAYBOOK))


async def test_where_it_is_left_to_the_clients_bodies_are_not_looked_at(bus: MemoryBus, session: Session) -> None:
    guard = AuthorizeForwarded(authorize=Gateway(bus, enforced=False).authorize)

    await guard(session, EXECUTE, b"{")
    await guard(session, ProxyPath.parse(b"execute;v=1"), b"")

"""Who passes the gate of /graphql and /noetl (wire 1.1, D32)."""

from collections import Counter

import pytest
from tests.unit.domain.gateway import ALICE, Gateway
from tests.unit.http.asking import Fields, scope_of

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from domain.errors import AuthBackEndUnavailable, OriginDenied, SessionInvalid, TokenMissing
from entrypoints.http.asgi import Scope
from entrypoints.http.gate import DEVELOPMENT_USER, SessionGate

APP = b"https://app.example.test"


@pytest.fixture
def counted() -> Counter[str]:
    return Counter()


def gate_of(gateway: Gateway, counted: Counter[str], *, bypass: bool = False) -> SessionGate:
    return SessionGate(
        authenticate=gateway.authenticate,
        origin_allowed=frozenset({APP}).__contains__,
        count=lambda outcome: counted.update([outcome]),
        bypass=bypass,
    )


@pytest.fixture
def gate(gateway: Gateway, counted: Counter[str]) -> SessionGate:
    return gate_of(gateway, counted)


def bearing(token: str, method: str = "GET", headers: Fields = ()) -> Scope:
    return scope_of(method, headers=[(b"authorization", f"Bearer {token}".encode()), *headers])


def with_cookie(token: str, method: str = "POST", headers: Fields = ()) -> Scope:
    return scope_of(method, headers=[(b"cookie", f"session_token={token}".encode()), *headers])


async def test_a_session_passes(gate: SessionGate, gateway: Gateway, counted: Counter[str]) -> None:
    session = await gateway.logged_in()
    assert (await gate(bearing(session.token.text))).user == ALICE
    assert counted == {"ok": 1}


async def test_nobody_passes_without_a_token(gate: SessionGate, counted: Counter[str]) -> None:
    assert gate.known(scope_of()) is None
    with pytest.raises(TokenMissing):
        await gate(scope_of())
    assert counted == {"missing_token": 1}


@pytest.mark.parametrize("token", ["unknown", "", ">", "*", "a b", "x" * 5000, "\r\n"])
async def test_nobody_passes_with_a_token_that_is_none(
    gate: SessionGate, gateway: Gateway, counted: Counter[str], token: str
) -> None:
    with pytest.raises(SessionInvalid):
        _ = gate.known(bearing(token)) or await gate(bearing(token))
    assert counted == {"invalid_or_expired": 1}
    assert [each.text for each in gateway.authority.validated] in (
        [],
        [token] if token in ("unknown", ">", "*") else [],
    )


async def test_back_end_trouble_is_not_a_refusal(gate: SessionGate, gateway: Gateway, counted: Counter[str]) -> None:
    gateway.authority.trouble = AuthBackEndUnavailable()
    with pytest.raises(AuthBackEndUnavailable):
        await gate(bearing("unknown"))
    assert counted == {"validation_error": 1}


async def test_a_known_session_is_told_without_waiting(
    gate: SessionGate, gateway: Gateway, clock: ManualClock, counted: Counter[str]
) -> None:
    session = await gateway.logged_in()
    known = gate.known(bearing(session.token.text))
    assert known is not None
    assert known.user == ALICE
    assert gate.known(bearing("unknown")) is None
    await clock.advance(9 * 3600)
    assert gate.known(bearing(session.token.text)) is None
    assert counted == {"ok": 1}


async def test_what_a_cookie_vouches_for_is_never_told_without_a_look_at_the_origin(
    gate: SessionGate, gateway: Gateway
) -> None:
    session = await gateway.logged_in()
    assert gate.known(with_cookie(session.token.text)) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "origin",
    [
        None,
        b"https://evil.example.test",
        b"null",
        b"https://gw.example.test.evil.test",
        b"https://gw.example.test:8443",
        b"ftp://gw.example.test",
        b"",
    ],
)
async def test_another_sites_page_cannot_use_the_users_cookie(
    gate: SessionGate, gateway: Gateway, method: str, origin: bytes | None
) -> None:
    session = await gateway.logged_in()
    headers = [] if origin is None else [(b"origin", origin)]
    with pytest.raises(OriginDenied):
        await gate(with_cookie(session.token.text, method, headers))


@pytest.mark.parametrize("origin", [APP, b"https://gw.example.test", b"http://gw.example.test"])
async def test_allowed_and_own_pages_can(gate: SessionGate, gateway: Gateway, origin: bytes) -> None:
    session = await gateway.logged_in()
    assert (await gate(with_cookie(session.token.text, "POST", [(b"origin", origin)]))).user == ALICE


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_what_changes_nothing_may_be_asked_from_anywhere(
    gate: SessionGate, gateway: Gateway, method: str
) -> None:
    session = await gateway.logged_in()
    headers = [(b"origin", b"https://evil.example.test")]
    assert (await gate(with_cookie(session.token.text, method, headers))).user == ALICE


async def test_a_token_that_a_page_sends_itself_needs_no_origin(gate: SessionGate, gateway: Gateway) -> None:
    session = await gateway.logged_in()
    headers = [(b"origin", b"https://evil.example.test")]
    assert (await gate(bearing(session.token.text, "POST", headers))).user == ALICE


async def test_a_dead_session_is_told_before_a_foreign_origin(gate: SessionGate) -> None:
    with pytest.raises(SessionInvalid):
        await gate(with_cookie("unknown"))


@pytest.mark.parametrize("token", ["whatever", "", "a b"])
async def test_the_bypass_takes_any_token_for_the_development_user(
    gateway: Gateway, counted: Counter[str], token: str
) -> None:
    gate = gate_of(gateway, counted, bypass=True)
    assert gate.known(bearing(token)) is None
    session = await gate(bearing(token))
    assert session.user == DEVELOPMENT_USER
    assert (session.user.user_id, session.user.email, session.user.display_name) == (0, "dev@localhost", "Dev User")
    assert (counted, gateway.authority.validated) == ({"bypass": 1}, [])


async def test_the_bypass_still_needs_a_token(gateway: Gateway, counted: Counter[str]) -> None:
    with pytest.raises(TokenMissing):
        await gate_of(gateway, counted, bypass=True)(scope_of())
    assert counted == {"missing_token": 1}


async def test_the_bypass_does_not_open_the_door_to_foreign_pages(gateway: Gateway, counted: Counter[str]) -> None:
    with pytest.raises(OriginDenied):
        await gate_of(gateway, counted, bypass=True)(with_cookie("whatever"))


async def test_a_store_that_is_away_does_not_log_out_whom_noetl_knows(
    gate: SessionGate, gateway: Gateway, bus: MemoryBus
) -> None:
    session = await gateway.logged_in()
    await gateway.sessions.delete(session.token)
    bus.outage()
    with pytest.raises(AuthBackEndUnavailable):
        await gate(bearing(session.token.text))

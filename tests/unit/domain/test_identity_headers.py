from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.given import ALICE, a_session

from domain.identity import User
from domain.identity_headers import identity_headers


def test_noetl_is_told_who_asks_and_by_which_session() -> None:
    session = a_session(user=replace(ALICE, roles=("admin", "a,b", "ü")))

    assert identity_headers(session) == (
        (b"x-user-id", b"7"),
        (b"x-user-email", b"alice@example.com"),
        (b"x-user-roles", b"admin,a%2Cb,%C3%BC"),
        (b"x-session-token", session.token.text.encode()),
    )


@given(st.text(), st.lists(st.text(), max_size=3))
def test_whatever_somebody_is_called_it_is_one_header_value(email: str, roles: list[str]) -> None:
    user = User(user_id=7, email=email, display_name="x", roles=tuple(roles))

    headers = identity_headers(a_session(user=user))

    assert len(headers) == 4
    assert all(0x20 <= byte < 0x7F for _, value in headers for byte in value)
    assert dict(headers)[b"x-user-roles"].count(b",") == max(0, len(roles) - 1)

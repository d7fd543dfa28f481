import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clients import ClientId, Cursor
from domain.events import EventId

HOMES = st.from_regex(r"[a-z0-9]{4,32}", fullmatch=True)
NAMES = st.from_regex(r"[A-Za-z0-9]{16,64}", fullmatch=True)
CLIENT_IDS = st.builds(ClientId, HOMES, NAMES)
POSITIONS = st.builds(EventId, st.from_regex(r"[A-Za-z0-9]{1,32}", fullmatch=True), st.integers(0, 10**18))


@given(CLIENT_IDS)
def test_a_client_id_survives_being_written_down(client_id: ClientId) -> None:
    assert ClientId.parse(str(client_id)) == client_id


@given(POSITIONS)
def test_a_position_survives_being_written_down(position: EventId) -> None:
    assert EventId.parse(str(position)) == position


@given(POSITIONS, st.none() | CLIENT_IDS)
def test_a_cursor_survives_being_written_down(position: EventId, client_id: ClientId | None) -> None:
    cursor = Cursor(position, client_id)

    assert Cursor.parse(str(cursor)) == cursor
    assert set(str(cursor)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "home-short",
        "HOME-abcdefghij0123456789",
        "hom-abcdefghij0123456789",
        "home-abcdefghij01234567.>",
        "home-abcdefghij0123456789\n",
        "home.abcdefghij0123456789",
        "home-*",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
        "home-" + "a" * 65,
        "é" * 40,
    ],
)
def test_what_was_never_handed_out_is_no_client_id(text: str) -> None:
    assert ClientId.parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "a1-",
        "-7",
        "a1-7x",
        "a1-7\n",
        "a.b-7",
        "a1-" + "9" * 20,
        "a1_home-7",
        "a1_home_short-7",
        "a1--7",
        "a1-\u0667",
    ],
)
def test_what_was_never_sent_is_no_cursor(text: str) -> None:
    assert Cursor.parse(text) is None

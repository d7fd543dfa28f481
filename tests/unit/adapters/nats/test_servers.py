from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.nats.servers import ServerAddress, parse_servers


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("nats://127.0.0.1:4222", [("127.0.0.1", 4222, False)]),
        ("nats://nats.nats.svc", [("nats.nats.svc", 4222, False)]),
        ("nats.nats.svc:4223", [("nats.nats.svc", 4223, False)]),
        ("tls://secure:4443", [("secure", 4443, True)]),
        ("nats://[::1]:4222", [("::1", 4222, False)]),
        ("nats://a:1, nats://b:2,c:3", [("a", 1, False), ("b", 2, False), ("c", 3, False)]),
        ("tls://a,b", [("a", 4222, True), ("b", 4222, True)]),
        ("tls://a,nats://b", [("a", 4222, True), ("b", 4222, False)]),
    ],
)
def test_a_url_names_its_servers(url: str, expected: list[tuple[str, int, bool]]) -> None:
    assert [(each.host, each.port, each.tls) for each in parse_servers(url, None, None)] == expected


def test_credentials_are_percent_decoded() -> None:
    [server] = parse_servers("nats://us%40er:p%3A%2Fw%2C@host", None, None)

    assert (server.user, server.password, server.token) == ("us@er", "p:/w,", None)


def test_a_name_without_a_password_is_a_token() -> None:
    [server] = parse_servers("nats://s3cr%20et@host", None, None)

    assert (server.user, server.password, server.token) == (None, None, "s3cr et")


def test_later_servers_take_over_the_credentials_of_the_first_unless_they_have_their_own() -> None:
    first, second, third = parse_servers("nats://u:p@a,b,nats://x:y@c", None, None)

    assert (first.user, second.user, third.user) == ("u", "u", "x")
    assert (second.password, third.password) == ("p", "y")


def test_settings_override_the_credentials_of_the_url() -> None:
    first, second = parse_servers("nats://u:p@a,nats://token@b", "name", "word")

    assert (first.user, first.password, first.token) == ("name", "word", None)
    assert (second.user, second.password, second.token) == ("name", "word", None)


@pytest.mark.parametrize(
    "url",
    ["", " , ", "http://host", "nats://", "nats://host:port", "nats://host/path", "ws://host", "nats://h:99999"],
)
def test_what_is_no_nats_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse_servers(url, None, None)

    assert "host" not in str(refusal.value) and "secret" not in str(refusal.value)


def test_an_address_never_shows_credentials() -> None:
    [server] = parse_servers("nats://user:secret@host", None, None)

    for text in (str(server), repr(server), server.url):
        assert "secret" not in text and "user" not in text


def test_another_server_of_the_cluster_keeps_the_credentials() -> None:
    server = ServerAddress(host="a", user="u", password="p", tls=True)

    assert server.at("10.0.0.2", None) == ServerAddress(host="10.0.0.2", user="u", password="p", tls=True)


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_quoted_name_and_password_come_back(user: str, password: str) -> None:
    url = f"nats://{quote(user, safe='')}:{quote(password, safe='')}@host:4222"

    [server] = parse_servers(url, None, None)

    assert (server.user, server.password) == (user, password)

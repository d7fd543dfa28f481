"""Who is at the other end (D17)."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.client_address import Networks, client_address

EDGE: Networks = (ip_network("10.0.0.0/8"), ip_network("173.245.48.0/20"), ip_network("2001:db8::/32"))
Fields = list[tuple[bytes, bytes]]


def seen(headers: Fields, peer: str = "10.0.0.1", trusted: Networks = EDGE) -> str:
    return client_address({"headers": headers, "client": (peer, 1234)}, trusted)


def forwarded(*values: bytes) -> Fields:
    return [(b"x-forwarded-for", value) for value in values]


@pytest.mark.parametrize("peer", ["203.0.113.9", "2a00::1", "127.0.0.1"])
def test_a_stranger_is_who_it_is_whatever_it_says(peer: str) -> None:
    headers = [*forwarded(b"198.51.100.1"), (b"cf-connecting-ip", b"198.51.100.2"), (b"x-real-ip", b"198.51.100.3")]
    assert seen(headers, peer) == peer
    assert seen(headers, peer, ()) == peer


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        (forwarded(b"198.51.100.1"), "198.51.100.1"),
        (forwarded(b"198.51.100.1, 10.0.0.2,10.9.9.9"), "198.51.100.1"),
        (forwarded(b"6.6.6.6, 198.51.100.1, 173.245.48.5"), "198.51.100.1"),
        (forwarded(b"6.6.6.6", b"198.51.100.1", b"10.0.0.2"), "198.51.100.1"),
        (forwarded(b" 2a00::1 "), "2a00::1"),
        (forwarded(b"::ffff:198.51.100.1"), "198.51.100.1"),
        (forwarded(b"198.51.100.1, ::ffff:10.0.0.2"), "198.51.100.1"),
        (forwarded(b"198.51.100.1, 2001:db8::5"), "198.51.100.1"),
        (forwarded(b"10.0.0.3, 10.0.0.2"), "10.0.0.1"),
        (forwarded(b"198.51.100.1, unknown"), "10.0.0.1"),
        (forwarded(b"198.51.100.1:4711"), "10.0.0.1"),
        (forwarded(b"1.2.3.4'; DROP TABLE sessions--"), "10.0.0.1"),
        (forwarded(b"fe80::1%eth0"), "10.0.0.1"),
        (forwarded(b""), "10.0.0.1"),
        (forwarded(b"\xff"), "10.0.0.1"),
        ([], "10.0.0.1"),
        ([(b"x-real-ip", b"198.51.100.1")], "10.0.0.1"),
        ([(b"forwarded", b"for=198.51.100.1")], "10.0.0.1"),
    ],
)
def test_behind_proxies_of_ours_it_is_the_last_address_that_is_not_one_of_them(headers: Fields, client: str) -> None:
    assert seen(headers) == client


def test_the_edges_own_header_counts_where_nobody_keeps_a_chain() -> None:
    assert seen([(b"cf-connecting-ip", b"198.51.100.1")]) == "198.51.100.1"
    assert seen([(b"cf-connecting-ip", b"198.51.100.1"), (b"cf-connecting-ip", b"6.6.6.6")]) == "10.0.0.1"
    assert seen([(b"cf-connecting-ip", b"somebody")]) == "10.0.0.1"


def test_a_client_cannot_outdo_the_chain_with_the_edges_own_header() -> None:
    """An ingress appends to the chain and passes every other header on as the client sent it."""
    headers = [(b"cf-connecting-ip", b"6.6.6.6"), *forwarded(b"6.6.6.6, 198.51.100.1")]
    assert seen(headers) == "198.51.100.1"


def test_a_mapped_peer_is_the_ipv4_address_that_it_is() -> None:
    assert seen([], "::ffff:203.0.113.9") == "203.0.113.9"
    assert seen(forwarded(b"198.51.100.1"), "::ffff:10.0.0.1") == "198.51.100.1"


@pytest.mark.parametrize("client", [None, ("", 0), ("testclient", 1), ("fe80::1%eth0", 1)])
def test_without_an_address_it_is_the_wires_word_for_unknown(client: tuple[str, int] | None) -> None:
    assert client_address({"headers": forwarded(b"198.51.100.1"), "client": client}, EDGE) == "0.0.0.0"


@given(
    st.lists(
        st.tuples(st.sampled_from([b"x-forwarded-for", b"cf-connecting-ip"]), st.binary(max_size=60)), max_size=4
    ),
    st.sampled_from(["10.0.0.1", "203.0.113.9"]),
)
def test_it_is_an_address_whatever_is_sent(headers: Fields, peer: str) -> None:
    address = seen(headers, peer)
    assert str(ip_address(address)) == address

import pytest

from adapters.nats.keys import checked_prefix, client_parts, hashed, is_part
from domain.clients import ClientId


@pytest.mark.parametrize(
    "text", ["a", "766633604884463618", "b36f4f73-fa03-4953-8e0e-2e2698559f28", "A_b=c-9", "x" * 128]
)
def test_plain_ids_may_be_part_of_a_subject(text: str) -> None:
    assert is_part(text)


@pytest.mark.parametrize(
    "text", ["", ">", "*", "a.b", "a b", "a\r\nPUB x", "a\n", "é", "\x00", "x" * 129, "a>", "a*"]
)
def test_what_means_something_to_nats_may_not(text: str) -> None:
    assert not is_part(text)


def test_a_client_is_named_by_home_and_name() -> None:
    assert client_parts(ClientId("home", "0123456789abcdef")) == "home.0123456789abcdef"


@pytest.mark.parametrize(
    "client_id", [ClientId("home", ">"), ClientId("*", "0123456789abcdef"), ClientId("a.b", "x" * 20)]
)
def test_a_client_id_that_could_not_have_been_parsed_is_refused(client_id: ClientId) -> None:
    with pytest.raises(ValueError):
        client_parts(client_id)


def test_a_hash_is_a_legal_key_that_tells_nothing() -> None:
    assert is_part(hashed("secret \r\n > *"))
    assert "secret" not in hashed("secret")
    assert hashed("a") != hashed("b")


@pytest.mark.parametrize(("text", "prefix"), [("noetl.events.", "noetl.events"), ("callbacks", "callbacks")])
def test_a_prefix_may_end_with_a_dot(text: str, prefix: str) -> None:
    assert checked_prefix(text) == prefix


@pytest.mark.parametrize("text", ["", ".", "a..b", "noetl.>", "noetl.*", "a b", "a\r\nb", ".a", "a.."])
def test_a_prefix_that_no_subject_can_have_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        checked_prefix(text)

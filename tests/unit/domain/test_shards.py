import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shards import execution_id_in_path, parse_int64, shard_of, xxh64_of_int64

COUNTS = (2, 4, 8, 16, 64, 1024)
VECTORS = {
    0: (0x34C96ACDCADB1BBB, (1, 3, 3, 11, 59, 955)),
    1: (0x9F29CB17A2A49995, (1, 1, 5, 5, 21, 405)),
    42: (0xB556806FB6D14353, (1, 3, 3, 3, 19, 851)),
    12345: (0xF641F64AB4EBB803, (1, 3, 3, 3, 3, 3)),
    9999: (0x8E1A81233D684288, (0, 0, 0, 8, 8, 648)),
    9999999999: (0x937FB82DF386E737, (1, 3, 7, 7, 55, 823)),
    320816801799737344: (0x7C38CB2FCD528ABE, (0, 2, 6, 14, 62, 702)),
    635758340626186455: (0xAF35854521631E93, (1, 3, 3, 3, 19, 659)),
    9223372036854775807: (0xFF70CC60366E770C, (0, 0, 4, 12, 12, 780)),
    -1: (0x85D136ADB773C6C9, (1, 1, 1, 9, 9, 713)),
    -42: (0xD5BA346BC19093F4, (0, 0, 4, 4, 52, 1012)),
    -9223372036854775808: (0x3F425EACF01544E0, (0, 0, 0, 0, 32, 224)),
}
"""wire 7.4"""


@pytest.mark.parametrize("execution_id", VECTORS)
def test_the_hash_is_the_one_that_the_servers_use(execution_id: int) -> None:
    digest, owners = VECTORS[execution_id]

    assert xxh64_of_int64(execution_id) == digest
    assert tuple(shard_of(execution_id, count) for count in COUNTS) == owners


def test_ids_that_follow_each_other_spread_evenly() -> None:
    owners = [shard_of(320816801799737344 + n, 16) for n in range(10_000)]

    assert all(500 <= owners.count(shard) <= 750 for shard in range(16))


@given(st.integers(-(2**63), 2**63 - 1), st.integers(1, 1024))
def test_every_id_has_one_owner_among_the_shards(execution_id: int, count: int) -> None:
    owner = shard_of(execution_id, count)

    assert 0 <= owner < count
    assert owner == shard_of(execution_id, count)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-2, 1))
def test_one_shard_owns_everything(execution_id: int, count: int) -> None:
    assert shard_of(execution_id, count) == 0


@given(st.integers(-(2**63), 2**63 - 1))
def test_the_text_of_an_id_is_that_id(execution_id: int) -> None:
    assert parse_int64(str(execution_id)) == execution_id


@pytest.mark.parametrize(
    ("text", "value"), [("-1", -1), ("+5", 5), ("007", 7), ("9223372036854775807", 2**63 - 1), ("-0", 0)]
)
def test_signs_and_leading_zeros_are_accepted(text: str, value: int) -> None:
    assert parse_int64(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1\n",
        "1_000",
        "0x10",
        "1.0",
        "1e3",
        "\u0667",
        "++1",
        "9223372036854775808",
        "-9223372036854775809",
        "1" * 5000,
    ],
)
def test_anything_else_is_no_id(text: str) -> None:
    assert parse_int64(text) is None


@pytest.mark.parametrize(
    ("segments", "execution_id"),
    [
        (("executions", "12", "status"), 12),
        (("executions", "-1"), -1),
        (("vars", "12"), 12),
        (("executions",), None),
        (("executions", "cleanup"), None),
        (("catalog", "12"), None),
        (("x", "executions", "12"), None),
        ((), None),
    ],
)
def test_the_id_is_the_segment_after_executions_or_vars(segments: tuple[str, ...], execution_id: int | None) -> None:
    assert execution_id_in_path(segments) == execution_id

"""Which shard an execution would live on (wire 7.5)."""

from urllib.parse import quote_plus

import pytest
from tests.unit.http.asking import Answer, ask, served

from entrypoints.http.asgi import AsgiApp
from entrypoints.http.routes.sharding import sharding_routes


@pytest.fixture
def app() -> AsgiApp:
    return served(*sharding_routes())


async def preview(app: AsgiApp, query: str) -> Answer:
    return await ask(app, "GET", "/sharding/preview", query=query.encode())


@pytest.mark.parametrize(
    ("execution_id", "count", "index"),
    [
        ("0", 16, 11),
        ("1", 1, 0),
        ("42", 64, 19),
        ("766633604884463618", 1, 0),
        ("320816801799737344", 1024, 702),
        ("9223372036854775807", 16, 12),
        ("-9223372036854775808", 64, 32),
        ("-1", 4, 1),
        ("%2B5", 1, 0),
        ("007", 1, 0),
    ],
)
async def test_the_shard_of_an_execution_is_told(app: AsgiApp, execution_id: str, count: int, index: int) -> None:
    answer = await preview(app, f"execution_id={execution_id}&shard_count={count}")
    assert (answer.status, answer.header(b"content-type")) == (200, b"application/json")
    assert answer.json == {
        "execution_id": int(execution_id.replace("%2B", "+")),
        "shard_count": count,
        "shard_index": index,
        "source": "noetl-gateway",
        "hash_function": "twox_hash::XxHash64",
        "seed": 0,
    }


async def test_ids_beyond_two_to_the_53_keep_their_digits(app: AsgiApp) -> None:
    answer = await preview(app, "execution_id=9223372036854775807&shard_count=2")
    assert b'"execution_id":9223372036854775807,' in answer.body


@pytest.mark.parametrize(
    ("execution_id", "shown"),
    [
        ("abc", '"abc"'),
        ("", '""'),
        ("1.0", '"1.0"'),
        ("9223372036854775808", '"9223372036854775808"'),
        ("-9223372036854775809", '"-9223372036854775809"'),
        (" 5", '" 5"'),
        ("5 ", '"5 "'),
        ("1_000", '"1_000"'),
        ("\u0665", '"\u0665"'),
        ('a"b\\', '"a\\"b\\\\"'),
        ("+", '"+"'),
    ],
)
async def test_an_id_that_is_no_int64_is_refused_in_json(app: AsgiApp, execution_id: str, shown: str) -> None:
    answer = await preview(app, f"execution_id={quote_plus(execution_id)}&shard_count=4")
    assert (answer.status, answer.header(b"content-type")) == (400, b"application/json")
    assert answer.json == {"error": f"execution_id {shown} is not a valid i64"}


async def test_a_plus_in_a_query_is_a_blank(app: AsgiApp) -> None:
    answer = await preview(app, "execution_id=+5&shard_count=4")
    assert answer.json == {"error": 'execution_id " 5" is not a valid i64'}


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        ("0", "shard_count must be >= 1"),
        ("1025", "shard_count 1025 exceeds practical maximum 1024"),
        ("4294967295", "shard_count 4294967295 exceeds practical maximum 1024"),
    ],
)
async def test_a_count_that_makes_no_sense_is_refused_in_json(app: AsgiApp, count: str, sentence: str) -> None:
    answer = await preview(app, f"execution_id=1&shard_count={count}")
    assert (answer.status, answer.json) == (400, {"error": sentence})


async def test_the_id_is_looked_at_before_the_count(app: AsgiApp) -> None:
    answer = await preview(app, "execution_id=abc&shard_count=0")
    assert answer.json == {"error": 'execution_id "abc" is not a valid i64'}


PREFIX = "Failed to deserialize query string: "


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", f"{PREFIX}missing field `execution_id`"),
        ("shard_count=4", f"{PREFIX}missing field `execution_id`"),
        ("execution_id=1", f"{PREFIX}missing field `shard_count`"),
        *(
            (f"execution_id=abc&shard_count={count}", f"{PREFIX}shard_count: invalid digit found in string")
            for count in ("-1", "x", "", "1.0", "4294967296", "+5", "9" * 5000, "%D9%A5")
        ),
    ],
)
async def test_a_query_of_another_shape_is_refused_in_plain_text(app: AsgiApp, query: str, sentence: str) -> None:
    answer = await preview(app, query)
    assert (answer.status, answer.header(b"content-type")) == (400, b"text/plain; charset=utf-8")
    assert answer.body.decode() == sentence

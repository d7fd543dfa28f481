"""What is said to bodies that are none (wire 0)."""

import msgspec
import pytest
from litestar import Response, post
from tests.unit.http.asking import JSON_TYPE, Answer, Exchange, ask, scope_of, served

from entrypoints.http.asgi import AsgiApp
from entrypoints.http.json_body import BodyRefused, HttpRequest, decoded, is_json, json_body
from entrypoints.http.routes.replies import json_reply

LIMIT = 1024


class Point(msgspec.Struct):
    name: str
    at: list[int] = []
    within: "Point | None" = None


@pytest.fixture
def app() -> AsgiApp:
    @post("/point", status_code=200)
    async def point(request: HttpRequest) -> Response[bytes]:
        return json_reply(await json_body(request, Point, LIMIT))

    return served(point)


async def posted(app: AsgiApp, body: bytes | list[bytes], content_type: bytes | None = b"application/json") -> Answer:
    headers = [] if content_type is None else [(b"content-type", content_type)]
    return await ask(app, "POST", "/point", headers, body)


def refusal(answer: Answer) -> tuple[int, str]:
    assert answer.header(b"content-type") == b"text/plain; charset=utf-8"
    return answer.status, answer.body.decode()


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json",
        b"application/json; charset=utf-8",
        b"APPLICATION/JSON",
        b"application/vnd.noetl+json",
        b"application/problem+json;x=1",
    ],
)
async def test_any_kind_of_json_is_read(app: AsgiApp, content_type: bytes) -> None:
    answer = await posted(app, b'{"name":"a","unknown":{"x":1}}', content_type)
    assert (answer.status, answer.json["name"]) == (200, "a")


@pytest.mark.parametrize(
    "content_type",
    [None, b"", b"text/plain", b"text/json", b"application/jsonx", b"application/x-www-form-urlencoded", b"json"],
)
async def test_another_kind_is_unsupported(app: AsgiApp, content_type: bytes | None) -> None:
    assert refusal(await posted(app, b'{"name":"a"}', content_type)) == (
        415,
        "Expected request with `Content-Type: application/json`",
    )


@pytest.mark.parametrize("body", [b"", b"{", b"{name:1}", b'{"name":"\xff"}', b'{"name":"\\ud800"}'])
async def test_what_is_no_json_is_a_bad_request(app: AsgiApp, body: bytes) -> None:
    status, sentence = refusal(await posted(app, body))
    assert status == 400
    assert sentence.startswith("Failed to parse the request body as JSON: ")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"{}", "missing field `name`"),
        (b'{"name":"a","within":{}}', "missing field `name`"),
        (b'{"name":7}', "name: invalid type: Expected `str`, got `int`"),
        (b'{"name":null}', "name: invalid type: Expected `str`, got `null`"),
        (b'{"name":"a","at":["x"]}', "at[0]: invalid type: Expected `int`, got `str`"),
        (b'{"name":"a","within":{"name":[]}}', "within.name: invalid type: Expected `str`, got `array`"),
        (b"[]", "Expected `object`, got `array`"),
        (b"null", "Expected `object`, got `null`"),
        (b'"s3cret"', "Expected `object`, got `str`"),
    ],
)
async def test_json_of_another_shape_is_told_where_it_differs(app: AsgiApp, body: bytes, detail: str) -> None:
    assert refusal(await posted(app, body)) == (
        422,
        f"Failed to deserialize the JSON body into the target type: {detail}",
    )


def test_json_that_is_too_deep_is_a_bad_request() -> None:
    with pytest.raises(BodyRefused) as raised:
        decoded(b'{"unknown":' + b"[" * 100_000, Point)
    assert raised.value.status == 400


TOO_LARGE = (413, "Failed to buffer the request body: length limit exceeded")


async def test_a_body_over_the_limit_is_too_large(app: AsgiApp) -> None:
    within = b'{"name":"%b"}' % (b"x" * (LIMIT - 11))
    assert len(within) == LIMIT
    assert (await posted(app, within)).status == 200
    assert refusal(await posted(app, within + b" ")) == TOO_LARGE
    assert refusal(await posted(app, [within, b" "])) == TOO_LARGE


async def test_an_announced_length_over_the_limit_is_refused_without_reading(app: AsgiApp) -> None:
    for length in (b"1025", b"9" * 5000):
        exchange = Exchange([b"never read"])
        headers = [JSON_TYPE, (b"content-length", length)]
        await app(scope_of("POST", "/point", headers), exchange.receive, exchange.send)
        assert refusal(exchange.answer) == TOO_LARGE
        assert (await exchange.receive())["body"] == b"never read"


@pytest.mark.parametrize("body", [b"", b"{", b'{"name":"a"}', b"x" * 2000])
async def test_the_type_is_looked_at_before_the_body(app: AsgiApp, body: bytes) -> None:
    assert (await posted(app, body, b"text/plain")).status == 415


async def test_half_a_body_is_not_taken_for_a_whole_one(app: AsgiApp) -> None:
    exchange = Exchange([b'{"name":"a"}'], leaves=True)
    headers = [JSON_TYPE, (b"content-length", b"20")]
    await app(scope_of("POST", "/point", headers), exchange.receive, exchange.send)
    assert exchange.answer.status != 200


async def test_a_route_may_take_more_than_the_framework_would() -> None:
    """Results of playbooks are larger than ten megabytes at times (D37)."""

    @post("/point", status_code=200)
    async def point(request: HttpRequest) -> Response[bytes]:
        return json_reply(len((await json_body(request, Point, 12 * 1024 * 1024)).name))

    size = 11 * 1024 * 1024
    body = b'{"name":"%b"}' % (b"x" * size)
    answer = await ask(served(point), "POST", "/point", [JSON_TYPE, (b"content-length", b"%d" % len(body))], body)
    assert (answer.status, answer.body) == (200, b"%d" % size)


@pytest.mark.parametrize(
    ("content_type", "json"),
    [
        ("application/json", True),
        (" Application/JSON ;x", True),
        ("application/+json", True),
        ("image/svg+xml", False),
    ],
)
def test_what_counts_as_json(content_type: str, json: bool) -> None:
    assert is_json(content_type) is json

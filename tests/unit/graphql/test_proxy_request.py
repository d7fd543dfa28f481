from typing import Any

import pytest
from tests.unit.graphql.fakes import Answer, Client, FakeNoetl

from domain.errors import (
    GatewayError,
    PathRefused,
    PlaybookDenied,
    RouteDenied,
    UpstreamMisbehaved,
    UpstreamSuspended,
    UpstreamTimedOut,
    UpstreamUnreachable,
)
from domain.use_cases.call_api import ApiReply

QUERY = "mutation ($input: ProxyRequestInput!) { proxyRequest(input: $input) { success data error } }"


async def call(noetl: FakeNoetl, method: str = "GET", endpoint: str = "/api/catalog", **more: Any) -> Answer:
    return await Client(noetl=noetl).run(QUERY, variables={"input": {"method": method, "endpoint": endpoint, **more}})


async def response(noetl: FakeNoetl, **call_members: Any) -> Any:
    answer = await call(noetl, **call_members)
    assert "errors" not in answer.json
    return answer.json["data"]["proxyRequest"]


def replying(status: int, body: bytes) -> FakeNoetl:
    return FakeNoetl(reply=ApiReply(status=status, body=body))


@pytest.mark.parametrize("method", ["get", "GET", "post", "Put", "DELETE", "patch"])
async def test_the_methods_of_the_wire_are_sent_in_upper_case(method: str) -> None:
    noetl = FakeNoetl()
    assert (await response(noetl, method=method))["success"] is True
    assert noetl.calls[0][:2] == (method.upper(), "/api/catalog")


@pytest.mark.parametrize("method", ["HEAD", "options", "", "G ET", "connect"])
async def test_other_methods_are_named_as_they_were_sent(method: str) -> None:
    noetl = FakeNoetl()
    assert await response(noetl, method=method) == {
        "success": False,
        "data": None,
        "error": f"Unsupported HTTP method: {method}",
    }
    assert noetl.calls == []


async def test_a_call_carries_the_identity_and_describes_its_body() -> None:
    noetl = FakeNoetl()
    await response(noetl, method="POST", body={"a": [1]})
    await response(noetl, body=None)
    (_, _, body, headers), (_, _, no_body, plain_headers) = noetl.calls
    assert body == b'{"a":[1]}'
    assert dict(headers) == {
        b"x-session-token": b"token-of-ada",
        b"accept": b"application/json",
        b"content-type": b"application/json",
    }
    assert no_body is None
    assert b"content-type" not in dict(plain_headers)


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b'{"items": [1, 2]}', {"items": [1, 2]}),
        (b" [1]\n", [1]),
        (b"null", None),
        (b'"text"', "text"),
        (b"hello", {"data": "hello"}),
        (b"", {"data": ""}),
        (b'{"open": ', {"data": '{"open": '}),
        (b"[NaN]", {"data": "[NaN]"}),
        (b'"\xff"', {"data": '"\ufffd"'}),
        (b"[" * 3000, {"data": "[" * 3000}),
    ],
)
async def test_answers_are_json_or_text(body: bytes, data: Any) -> None:
    assert await response(replying(201, body)) == {"success": True, "data": data, "error": None}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, b'{"detail": "Not Found"}', "API call failed: 404 - Not Found"),
        (409, b'{"error": "exists"}', "API call failed: 409 - exists"),
        (400, b'{"message": "bad"}', "API call failed: 400 - bad"),
        (422, b'{"detail": [{"loc": ["body"]}]}', "API call failed: 422"),
        (400, b"<html>", "API call failed: 400"),
        (400, b"[1]", "API call failed: 400"),
        (400, b"\xff", "API call failed: 400"),
        (400, b'{"detail": "%s"}' % (b"x" * 9000), f"API call failed: 400 - {'x' * 500}"),
        (500, b'{"detail": "at http://10.0.0.7:8082"}', "API call failed: 500"),
        (503, b'{"error": "no"}', "API call failed: 503"),
        (302, b'{"error": "no"}', "API call failed: 302"),
    ],
)
async def test_refusals_tell_the_status_and_only_what_the_caller_did_wrong(
    status: int, body: bytes, error: str
) -> None:
    assert await response(replying(status, body)) == {"success": False, "data": None, "error": error}


@pytest.mark.parametrize("error", [UpstreamUnreachable, UpstreamTimedOut, UpstreamMisbehaved, UpstreamSuspended])
async def test_a_call_that_fails_on_the_way_is_an_answer_too(error: type[GatewayError]) -> None:
    assert await response(FakeNoetl(reply=error())) == {"success": False, "data": None, "error": str(error())}


@pytest.mark.parametrize("error", [RouteDenied, PathRefused, PlaybookDenied])
async def test_a_call_that_may_not_be_made_is_an_error(error: type[GatewayError]) -> None:
    answer = await call(FakeNoetl(reply=error()))
    assert answer.json["data"] is None
    assert answer.codes == [error.code]
    assert answer.messages == [str(error())]

"""From the domain's errors to what HTTP clients see."""

import logging
from collections.abc import Iterator

import pytest
from tests.unit.http.asking import Answer, Exchange

from domain import errors
from entrypoints.http.errors import STATUS, respond_with_error


def leaves(family: type[errors.GatewayError] = errors.GatewayError) -> Iterator[type[errors.GatewayError]]:
    if not family.__subclasses__():
        yield family
    for child in family.__subclasses__():
        yield from leaves(child)


async def told(error: errors.GatewayError) -> Answer:
    exchange = Exchange()
    await respond_with_error(exchange.send, error)
    return exchange.answer


def test_every_leaf_of_the_tree_has_a_status_and_nothing_else_has() -> None:
    assert set(STATUS) == set(leaves())


@pytest.mark.parametrize("error", list(leaves()), ids=lambda error: error.code)
async def test_every_error_is_told_by_its_sentence_and_its_code(error: type[errors.GatewayError]) -> None:
    answer = await told(error())
    assert answer.status == STATUS[error]
    assert answer.header(b"x-error-code") == error.code.encode()
    if error in (errors.TokenMissing, errors.SessionInvalid):
        assert answer.header(b"content-type") == b"text/plain; charset=utf-8"
        assert answer.body == error.default.encode()
    else:
        assert answer.header(b"content-type") == b"application/json"
        assert answer.json == {"error": error.default}


@pytest.mark.parametrize("error", list(leaves(errors.BackEndTrouble)), ids=lambda error: error.code)
def test_trouble_of_the_back_end_never_logs_anybody_out(error: type[errors.GatewayError]) -> None:
    assert STATUS[error] >= 500


@pytest.mark.parametrize("error", list(leaves()), ids=lambda error: error.code)
def test_only_the_family_of_missing_sessions_is_a_401(error: type[errors.GatewayError]) -> None:
    assert (STATUS[error] == 401) == issubclass(error, errors.NotAuthenticated)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(errors.TokenMissing, b"Missing authentication token"), (errors.SessionInvalid, b"Invalid or expired session")],
)
async def test_a_missing_session_is_told_in_the_words_that_clients_know(
    text: type[errors.GatewayError], sentence: bytes
) -> None:
    assert (await told(text())).body == sentence


@pytest.mark.parametrize(("seconds", "header"), [(0.01, b"1"), (1.0, b"1"), (1.2, b"2"), (7.0, b"7")])
async def test_too_many_requests_are_told_when_to_come_back(seconds: float, header: bytes) -> None:
    answer = await told(errors.TooManyRequests(retry_after=seconds))
    assert (answer.status, answer.header(b"retry-after")) == (429, header)


async def test_a_503_asks_to_retry() -> None:
    assert (await told(errors.StoreUnavailable())).header(b"retry-after") == b"2"
    assert (await told(errors.UpstreamTimedOut())).header(b"retry-after") is None


async def test_quotes_in_a_sentence_do_not_break_the_json() -> None:
    assert (await told(errors.ExecutionRefused('say "no"\n'))).json == {"error": 'say "no"\n'}


async def test_trouble_is_logged_by_its_code_alone(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await told(errors.UpstreamUnreachable("http://10.0.0.7"))
        await told(errors.SessionInvalid())
    assert [record.getMessage() for record in caplog.records] == ["request failed: upstream_unreachable"]

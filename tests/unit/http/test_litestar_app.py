"""How the framework's routes report what goes wrong in them."""

import logging

import pytest
from litestar import Response, get
from tests.unit.http.asking import ask, served

from domain import errors
from entrypoints.http.asgi import AsgiApp


def raising(error: Exception) -> AsgiApp:
    @get("/x", sync_to_thread=False)
    def route() -> Response[bytes]:
        raise error

    return served(route)


@pytest.mark.parametrize("error", [errors.TokenMissing(), errors.SessionInvalid()])
async def test_a_missing_session_is_told_as_text(error: errors.GatewayError) -> None:
    answer = await ask(raising(error), "GET", "/x")
    assert (answer.status, answer.body) == (401, str(error).encode())
    assert answer.header(b"content-type") == b"text/plain; charset=utf-8"
    assert answer.header(b"x-error-code") == error.code.encode()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.CredentialsRejected("No"), 401),
        (errors.PlaybookDenied(), 403),
        (errors.StoreUnavailable(), 503),
        (errors.TooManyRequests(retry_after=2.5), 429),
        (errors.ExecutionRefused("no such playbook", status=404), 502),
    ],
)
async def test_any_other_error_is_told_as_json(error: errors.GatewayError, status: int) -> None:
    answer = await ask(raising(error), "GET", "/x")
    assert (answer.status, answer.json) == (status, {"error": str(error)})
    assert answer.header(b"content-type") == b"application/json"
    assert answer.header(b"x-error-code") == error.code.encode()
    assert answer.header(b"retry-after") == {503: b"2", 429: b"3"}.get(status)


async def test_the_unexpected_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    answer = await ask(raising(RuntimeError("s3cret")), "GET", "/x", query=b"session_token=s3cret")
    assert answer.status == 500
    assert answer.json == {"error": "The gateway made a mistake. It has been logged; please try again."}
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage() == "unexpected error in GET /x"
    assert record.exc_info is not None

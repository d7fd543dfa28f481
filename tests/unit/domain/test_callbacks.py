import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.given import a_request

from domain.callbacks import CallbackResult, PendingRequest, PlaybookCallback, ResultError, is_request_id


@given(st.uuids(version=4))
def test_the_ids_that_the_gateway_draws_are_request_ids(drawn: uuid.UUID) -> None:
    assert is_request_id(str(drawn))
    assert is_request_id(str(drawn).upper())


@pytest.mark.parametrize(
    "text", ["", ">", "*", "b36f4f73fa034953 8e0e2e2698559f28", "{b36f4f73-fa03-4953-8e0e-2e2698559f28}", "x" * 36]
)
def test_nothing_else_is_one(text: str) -> None:
    assert not is_request_id(text)
    assert not is_request_id("b36f4f73-fa03-4953-8e0e-2e2698559f28\n")


@pytest.mark.parametrize(
    ("status", "succeeded"), [("success", True), ("SUCCESS", True), ("error", False), ("", False)]
)
def test_an_auth_answer_succeeds_by_its_word(status: str, succeeded: bool) -> None:
    assert CallbackResult(request_id="r", status=status).succeeded is succeeded


@pytest.mark.parametrize(
    ("status", "failed"), [("COMPLETED", False), ("FAILED", True), ("failed", True), ("error", True), ("done", False)]
)
def test_a_result_fails_by_its_word_or_by_an_error(status: str, failed: bool) -> None:
    assert PlaybookCallback(request_id="r", status=status).failed is failed
    assert PlaybookCallback(request_id="r", status=status, error=ResultError()).failed


REQUEST = a_request()
RECORDS = st.builds(
    lambda execution_id, announced_at, answered, ended: replace(
        REQUEST, execution_id=execution_id, announced_at=announced_at, answered=answered, ended=ended
    ),
    st.sampled_from(["", "766633604884463618"]),
    st.sampled_from([0.0, 5.0]),
    st.booleans(),
    st.booleans(),
)


@given(RECORDS, RECORDS)
def test_whoever_writes_last_what_is_known_stays_known(first: PendingRequest, second: PendingRequest) -> None:
    merged = second.saved_over(first)

    assert merged == first.saved_over(second)
    assert merged.saved_over(first) == merged == merged.saved_over(second)
    assert merged.answered == (first.answered or second.answered)
    assert merged.ended == (first.ended or second.ended)

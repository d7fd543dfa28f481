"""Pub/Sub pushes, unwrapped (wire 9.3)."""

import base64
import json
from typing import Any

import pytest
from tests.unit.ingress.edge import AUDIENCE, SERVICE_ACCOUNT, Answer, Edge, listener, signed

TOKEN = {"authorization": "Bearer good", "x-cloud-trace": "abc"}


@pytest.fixture
def edge() -> Edge:
    edge = Edge.create(pubsub())
    edge.push_tokens.issued["good"] = (AUDIENCE, SERVICE_ACCOUNT)
    return edge


def pubsub(**changes: Any) -> Any:
    return listener(
        "pubsub_oidc", source="pubsub", secret=None, audience=AUDIENCE, service_account=SERVICE_ACCOUNT, **changes
    )


async def push(edge: Edge, **message: object) -> Answer:
    body = json.dumps({"message": message, "subscription": "projects/p/subscriptions/s"})
    return await edge.post("orders", body, TOKEN)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def test_a_push_is_unwrapped(edge: Edge) -> None:
    answer = await push(edge, data=encoded(b'{"n": 1}'), messageId="136969346945", attributes={"Tenant": "a"})
    assert answer.status == 202
    assert edge.envelope == {
        "id": "136969346945",
        "data": {"n": 1},
        "headers": {"tenant": "a"},
        "attributes": {"Tenant": "a"},
        "metadata": {"source": "pubsub", "mode": "push"},
    }
    assert edge.workload["n"] == 1
    assert edge.workload["source"] == "pubsub"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (encoded(b"plain"), "plain"),
        (encoded(b"\xff"), "\ufffd"),
        ("", None),
        (None, None),
        (17, None),
        ("not base64!", "not base64!"),
        ("YQ", "YQ"),
        ("Zoë", "Zoë"),
    ],
)
async def test_data_that_cannot_be_decoded_is_passed_on_as_it_is(edge: Edge, data: object, expected: object) -> None:
    assert (await push(edge, data=data, messageId="1")).status == 202
    assert edge.envelope["data"] == expected


@pytest.mark.parametrize("ids", [{"message_id": "7"}, {"messageId": "7"}, {"messageId": "7", "message_id": "8"}])
async def test_the_id_has_two_spellings(edge: Edge, ids: dict[str, str]) -> None:
    await push(edge, **ids)
    assert edge.envelope["id"] == "7"


@pytest.mark.parametrize("ids", [{}, {"messageId": 7}, {"messageId": ""}])
async def test_a_push_without_a_readable_id_gets_one(edge: Edge, ids: dict[str, object]) -> None:
    await push(edge, **ids)
    assert len(edge.envelope["id"]) == 36


@pytest.mark.parametrize("attributes", [None, "text", [1]])
async def test_attributes_that_are_no_object_are_none(edge: Edge, attributes: object) -> None:
    await push(edge, attributes=attributes, messageId="1")
    assert edge.envelope["attributes"] == edge.envelope["headers"] == {}


async def test_of_attributes_that_differ_in_case_the_first_counts(edge: Edge) -> None:
    await push(edge, attributes={"Pool": "first", "pool": "second"}, messageId="1")
    assert edge.envelope["headers"] == {"pool": "first"}
    assert edge.envelope["attributes"] == {"Pool": "first", "pool": "second"}


@pytest.mark.parametrize("body", ["", "text", "[]", '{"messages": []}', '{"message": "text"}', '{"message": null}'])
async def test_what_is_no_push_is_handled_as_a_webhook(edge: Edge, body: str) -> None:
    assert (await edge.post("orders", body, TOKEN)).status == 202
    assert edge.envelope["metadata"] == {"source": "pubsub", "mode": "push"}
    assert edge.envelope["headers"] == {"x-cloud-trace": "abc"}
    assert edge.envelope["data"] == (json.loads(body) if body not in ("", "text") else body or None)


async def test_only_pubsub_sources_are_unwrapped(edge: Edge) -> None:
    edge.add(listener())
    body = json.dumps({"message": {"data": encoded(b"1")}})
    await edge.post("orders", body, signed(body))
    assert edge.envelope["data"] == json.loads(body)


async def test_the_payload_may_be_the_attributes(edge: Edge) -> None:
    edge.add(pubsub(payload_from="message.attributes"))
    await push(edge, data=encoded(b'{"n": 1}'), messageId="1", attributes={"Tenant": "a", "source": "x"})
    assert edge.workload["Tenant"] == "a"
    assert edge.workload["source"] == "pubsub"
    assert "n" not in edge.workload


async def test_directives_of_a_push_are_its_attributes_and_not_its_headers(edge: Edge) -> None:
    rule = {"header": "X-Pool", "controls": "dispatch.execution_pool", "allowed": ["a", "b"]}
    edge.add(pubsub(directives={"directives": [rule]}))
    body = json.dumps({"message": {"messageId": "1", "attributes": {"x-POOL": "a"}}})
    await edge.post("orders", body, {**TOKEN, "x-pool": "b"})
    assert edge.order.extras["execution_pool"] == "a"


async def test_a_redelivered_push_is_told_to_noetl_and_runs_once(edge: Edge) -> None:
    first = await push(edge, messageId="42", data=encoded(b"1"))
    again = await push(edge, messageId="42", data=encoded(b"1"))
    assert first.json == again.json
    assert edge.order.extras["dedup"] == {"key": "42", "window_secs": 600}

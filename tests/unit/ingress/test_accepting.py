"""Wire 9.1 and 9.2, deliveries as real senders make them; compatibility checklist line 15."""

import json

import pytest
from tests.unit.ingress.edge import SECRET, Edge, listener, signature, signed

BODY = b'{"order": 9007199254740993, "total": 12.5}'


async def test_a_signed_delivery_starts_one_execution_and_is_acknowledged(edge: Edge) -> None:
    edge.add(listener())
    answer = await edge.post("orders", BODY, signed(BODY))
    assert answer.status == 202
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {"status": "accepted", "execution_id": "766633604884463618"}
    assert edge.order.path == "shop/order"
    assert edge.order.extras == {"parent_execution_id": 766633604792188001}
    assert edge.order.on_behalf_of is None


async def test_the_workload_has_the_form_that_playbooks_know(edge: Edge) -> None:
    edge.add(listener())
    await edge.post("orders", BODY, signed(BODY, x_message_id="m-1", content_type="application/json"))
    assert edge.workload == {
        "message": {
            "id": "m-1",
            "data": {"order": 9007199254740993, "total": 12.5},
            "headers": {"x-message-id": "m-1", "content-type": "application/json"},
            "attributes": {},
            "metadata": {"source": "webhook", "mode": "push"},
        },
        "subscription": "subscriptions/orders",
        "source": "webhook",
        "order": 9007199254740993,
        "total": 12.5,
    }


@pytest.mark.parametrize(
    "form",
    ["sha256={}", "SHA256={}", "{}", "sha256= {} ", " {}"],
    ids=["GitHub", "upper case prefix", "bare", "blanks", "leading blank"],
)
@pytest.mark.parametrize("upper", [False, True])
async def test_a_hex_signature_comes_in_many_forms(edge: Edge, form: str, upper: bool) -> None:
    edge.add(listener(header="X-Hub-Signature-256"))
    value = signature(BODY).upper() if upper else signature(BODY)
    answer = await edge.post("orders", BODY, {"x-hub-signature-256": form.format(value)})
    assert answer.status == 202


async def test_the_prefix_of_a_signature_is_taken_off_once_only(edge: Edge) -> None:
    edge.add(listener())
    answer = await edge.post("orders", BODY, {"x-signature": f"sha256=sha256={signature(BODY)}"})
    assert answer.reason == "bad_signature"


@pytest.mark.parametrize("value", [SECRET, f"Bearer {SECRET}", f"bearer {SECRET}", f"Bearer   {SECRET} "])
async def test_a_bearer_token_is_accepted_bare_and_prefixed(edge: Edge, value: str) -> None:
    edge.add(listener("bearer"))
    assert (await edge.post("orders", BODY, {"authorization": value})).status == 202


async def test_a_bearer_token_may_have_a_header_of_its_own(edge: Edge) -> None:
    edge.add(listener("bearer", header="X-Hook-Token"))
    assert (await edge.post("orders", BODY, {"x-hook-token": SECRET})).status == 202
    assert (await edge.post("orders", BODY, {"authorization": SECRET})).reason == "missing_token"


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b"", None),
        (b"null", None),
        (b'"text"', "text"),
        (b"[1, 2]", [1, 2]),
        (b"plain", "plain"),
        (b"{broken", "{broken"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ('{"name": "Zoë"}'.encode(), {"name": "Zoë"}),
        (b"NaN", "NaN"),
        (b"1e999", "1e999"),
        (b'"\\ud800"', '"\\ud800"'),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"36893488147419103233", 36893488147419103233),
        (b"9" * 400, "9" * 400),
        (b"-1e400", "-1e400"),
        (b"[" * 129 + b"]" * 129, "[" * 129 + "]" * 129),
    ],
)
async def test_a_body_is_json_if_everybody_reads_it_so_and_text_otherwise(
    edge: Edge, body: bytes, data: object
) -> None:
    edge.add(listener())
    await edge.post("orders", body, signed(body))
    assert edge.envelope["data"] == data
    assert type(edge.envelope["data"]) is type(data)


async def test_128_levels_of_json_are_still_json(edge: Edge) -> None:
    edge.add(listener())
    body = b"[" * 128 + b"]" * 128
    await edge.post("orders", body, signed(body))
    assert isinstance(edge.envelope["data"], list)


@pytest.mark.parametrize("body", [b"7", b'"text"', b"[1]", b"null", b"not json"])
async def test_a_payload_that_is_no_object_is_the_body(edge: Edge, body: bytes) -> None:
    edge.add(listener())
    await edge.post("orders", body, signed(body))
    assert edge.workload["body"] == edge.envelope["data"]


async def test_a_payload_does_not_hide_what_the_gateway_says(edge: Edge) -> None:
    edge.add(listener())
    body = b'{"message": 1, "source": "me", "subscription": "x", "other": 2}'
    await edge.post("orders", body, signed(body))
    assert edge.workload["source"] == "webhook"
    assert edge.workload["subscription"] == "subscriptions/orders"
    assert edge.workload["other"] == 2
    assert edge.envelope["data"]["message"] == 1


@pytest.mark.parametrize(
    ("body", "text"),
    [(b'{"a": [1, "\xc3\xa9"]}', '{"a":[1,"é"]}'), (b"plain", "plain"), (b"", "null"), (b"1.50", "1.5")],
)
async def test_a_playbook_may_want_the_body_as_text(edge: Edge, body: bytes, text: str) -> None:
    edge.add(listener(payload_from="message.body"))
    await edge.post("orders", body, signed(body))
    assert edge.workload["body"] == text


async def test_a_webhook_has_no_attributes_to_take_the_payload_from(edge: Edge) -> None:
    edge.add(listener(payload_from="message.attributes"))
    await edge.post("orders", BODY, signed(BODY))
    assert set(edge.workload) == {"message", "subscription", "source"}


async def test_the_pool_of_the_subscription_is_asked_for(edge: Edge) -> None:
    edge.add(listener(pool="firehose"))
    await edge.post("orders", BODY, signed(BODY))
    assert edge.order.extras["execution_pool"] == "firehose"


async def test_repeated_headers_reach_the_playbook_in_order(edge: Edge) -> None:
    edge.add(listener())
    headers = [("x-signature", signature(BODY)), ("x-tag", "a"), ("X-Tag", "b"), ("x-odd", "caf\xe9")]
    await edge.post("orders", BODY, headers)
    assert edge.envelope["headers"] == {"x-tag": ["a", "b"]}


async def test_a_message_without_an_id_gets_one(edge: Edge) -> None:
    edge.add(listener())
    await edge.post("orders", BODY, signed(BODY))
    await edge.post("orders", BODY, signed(BODY))
    first, second = (json.loads(json.dumps(order.workload))["message"]["id"] for order in edge.runner.orders)
    assert len(first) == 36
    assert first != second


async def test_deliveries_are_counted_by_listener(edge: Edge) -> None:
    edge.add(listener())
    await edge.post("orders", BODY, signed(BODY))
    await edge.post("orders", BODY, {})
    assert edge.counter.counts == {
        ("received", "orders", ""): 2,
        ("dispatched", "orders", ""): 1,
        ("rejected", "orders", "missing_signature"): 1,
    }

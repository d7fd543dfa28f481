"""Standard Webhooks and Stripe's scheme."""

import base64
import hashlib
import hmac

import pytest
from tests.unit.ingress.edge import SECRET, WINDOW, Edge, listener, signature

BODY = b'{"type": "contact.created"}'
KEY = b"\x00\x01 a key of bytes"
WHSEC = f"whsec_{base64.b64encode(KEY).decode()}"


def webhook_signature(message_id: str, timestamp: str, body: bytes = BODY, key: bytes = KEY) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def webhook(edge: Edge, *, age: float = 0, message_id: str = "msg_1") -> dict[str, str]:
    timestamp = str(int(edge.clock.now() - age))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": webhook_signature(message_id, timestamp),
    }


def stripe(edge: Edge, *, age: float = 0, body: bytes = BODY, secret: str = SECRET) -> str:
    timestamp = int(edge.clock.now() - age)
    return f"t={timestamp},v1={signature(f'{timestamp}.'.encode() + body, secret)}"


@pytest.fixture
def hooks(edge: Edge) -> Edge:
    edge.add(listener("standard_webhooks", secret=WHSEC))
    return edge


@pytest.fixture
def stripes(edge: Edge) -> Edge:
    edge.add(listener("stripe"))
    return edge


async def test_a_standard_webhook_is_accepted_under_its_own_id(hooks: Edge) -> None:
    assert (await hooks.post("orders", BODY, webhook(hooks))).status == 202
    assert hooks.envelope["id"] == "msg_1"
    assert hooks.order.extras["dedup"] == {"key": "msg_1", "window_secs": 2 * WINDOW}
    assert "webhook-signature" not in hooks.envelope["headers"]
    assert hooks.envelope["headers"]["webhook-id"] == "msg_1"


async def test_a_signature_that_openssl_made_is_right() -> None:
    """So that signing and checking cannot be wrong together."""
    edge = Edge.create(
        listener("standard_webhooks", secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), now=1_614_265_330
    )
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert (await edge.post("orders", b'{"test": 2432232314}', headers)).status == 202


@pytest.mark.parametrize("secret", [WHSEC, WHSEC.removeprefix("whsec_"), WHSEC.rstrip("="), f" {WHSEC} "])
async def test_a_webhook_secret_is_base64_with_or_without_prefix_and_padding(edge: Edge, secret: str) -> None:
    edge.add(listener("standard_webhooks", secret=secret))
    assert (await edge.post("orders", BODY, webhook(edge))).status == 202


@pytest.mark.parametrize("secret", [None, "", " ", "whsec_", "whsec_!", "whsec_=", "whsec_é"])
async def test_a_webhook_secret_that_is_none_is_a_mistake_of_the_configuration(
    edge: Edge, secret: str | None
) -> None:
    edge.add(listener("standard_webhooks", secret=secret))
    forged = webhook_signature("msg_1", str(int(edge.clock.now())), key=b"")
    headers = webhook(edge) | {"webhook-signature": forged}
    answer = await edge.post("orders", BODY, headers)
    assert (answer.status, answer.reason) == (403, "misconfigured")


async def test_one_right_signature_among_several_is_enough(hooks: Edge) -> None:
    headers = webhook(hooks)
    old = webhook_signature("msg_1", headers["webhook-timestamp"], key=b"the old key")
    headers["webhook-signature"] = f"v1a,AAAA {old}  {headers['webhook-signature']} v2,x"
    assert (await hooks.post("orders", BODY, headers)).status == 202


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
async def test_all_headers_of_a_standard_webhook_are_needed(hooks: Edge, name: str) -> None:
    headers = webhook(hooks)
    del headers[f"webhook-{name}"]
    answer = await hooks.post("orders", BODY, headers)
    assert (answer.status, answer.reason) == (401, "missing_signature")


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": "1799999999"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "1.8e9"},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1a,AAAA"},
    ],
)
async def test_a_standard_webhook_that_was_changed_is_refused(hooks: Edge, changes: dict[str, str]) -> None:
    answer = await hooks.post("orders", BODY, webhook(hooks) | changes)
    assert (answer.status, answer.reason) == (401, "bad_signature")


async def test_a_changed_body_does_not_pass(hooks: Edge) -> None:
    assert (await hooks.post("orders", BODY + b" ", webhook(hooks))).reason == "bad_signature"


async def test_a_signature_cannot_be_divided_anew_between_id_time_and_body(hooks: Edge) -> None:
    timestamp = str(int(hooks.clock.now()))
    body = timestamp.encode() + b".{}"
    stolen = webhook_signature("msg_1", "1", body)
    shifted = {"webhook-id": "msg_1.1", "webhook-timestamp": timestamp, "webhook-signature": stolen}
    assert webhook_signature("msg_1.1", timestamp, b"{}") == stolen
    assert (await hooks.post("orders", b"{}", shifted)).reason == "bad_signature"


async def test_a_stripe_signature_is_accepted(stripes: Edge) -> None:
    header = stripe(stripes)
    assert (await stripes.post("orders", BODY, {"stripe-signature": header})).status == 202
    assert "stripe-signature" not in stripes.envelope["headers"]


@pytest.mark.parametrize(
    "form",
    ["{t},{v1}", "{v1},{t}", "{t}, {v1}", "{t},v1=00,{v1},v0=11", "{t},v0=11,{v1}", "{t},{v1},"],
)
async def test_a_stripe_header_may_hold_more_than_one_signature(stripes: Edge, form: str) -> None:
    t, v1 = stripe(stripes).split(",")
    assert (await stripes.post("orders", BODY, {"stripe-signature": form.format(t=t, v1=v1)})).status == 202


@pytest.mark.parametrize(
    "form", ["", "{t}", "{v1}", "{t},{t},{v1}", "{t},v0={hex}", "t=x,{v1}", "t=,{v1}", "t=1800000000,{v1}x", "{hex}"]
)
async def test_a_stripe_header_of_another_form_is_refused(stripes: Edge, form: str) -> None:
    t, v1 = stripe(stripes).split(",")
    header = form.format(t=t, v1=v1, hex=v1.removeprefix("v1="))
    answer = await stripes.post("orders", BODY, {"stripe-signature": header})
    assert (answer.status, answer.reason) == (401, "bad_signature")


async def test_a_stripe_header_of_another_name_may_be_configured(edge: Edge) -> None:
    edge.add(listener("stripe", header="X-ErrorNotifier-Signature"))
    assert (await edge.post("orders", BODY, {"stripe-signature": stripe(edge)})).reason == "missing_signature"
    assert (await edge.post("orders", BODY, {"x-errornotifier-signature": stripe(edge)})).status == 202
    assert edge.envelope["headers"] == {}


@pytest.mark.parametrize("secret", [None, "", "  "])
async def test_a_stripe_listener_without_a_secret_is_misconfigured(edge: Edge, secret: str | None) -> None:
    edge.add(listener("stripe", secret=secret))
    answer = await edge.post("orders", BODY, {"stripe-signature": stripe(edge, secret=secret or "")})
    assert (answer.status, answer.reason) == (403, "misconfigured")


@pytest.mark.parametrize("scheme", ["standard_webhooks", "stripe"])
@pytest.mark.parametrize(
    ("age", "accepted"), [(WINDOW, True), (WINDOW + 1, False), (-WINDOW, True), (-WINDOW - 1, False), (1e9, False)]
)
async def test_a_timestamp_must_lie_within_the_window(edge: Edge, scheme: str, age: float, accepted: bool) -> None:
    hooks = scheme == "standard_webhooks"
    edge.add(listener(scheme, secret=WHSEC if hooks else SECRET))
    headers = webhook(edge, age=age) if hooks else {"stripe-signature": stripe(edge, age=age)}
    answer = await edge.post("orders", BODY, headers)
    if accepted:
        assert answer.status == 202
    else:
        assert (answer.status, answer.reason) == (401, "stale_timestamp")


async def test_who_cannot_sign_is_not_told_about_time(stripes: Edge) -> None:
    header = stripe(stripes, age=10_000, secret="wrong")
    assert (await stripes.post("orders", BODY, {"stripe-signature": header})).reason == "bad_signature"

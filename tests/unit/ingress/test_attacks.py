"""What somebody without the secret tries, and what somebody with a captured delivery does."""

import json

import pytest
from tests.unit.ingress.edge import SECRET, Edge, listener, signature, signed

from domain.ingress.deliveries import Delivery
from domain.ingress.listeners import Verification

BODY = b'{"amount": 100}'


@pytest.mark.parametrize("secret", ["", " ", "\t\n"])
async def test_a_blank_secret_lets_nobody_in(edge: Edge, secret: str) -> None:
    """D59: the original accepts the HMAC with the empty key, and the empty token."""
    edge.add(listener(secret=secret))
    edge.add(listener("bearer", secret=secret, name="bearer"))
    assert (await edge.post("orders", BODY, {"x-signature": signature(BODY, secret)})).reason == "misconfigured"
    for value in ("", secret, f"Bearer {secret}", "Bearer "):
        answer = await edge.post("bearer", BODY, {"authorization": value})
        assert (answer.status, answer.reason) == (403, "misconfigured")
    assert not edge.runner.orders


@pytest.mark.parametrize(("first", "accepted"), [(True, True), (False, False)])
async def test_of_a_repeated_signature_only_the_first_is_looked_at(edge: Edge, first: bool, accepted: bool) -> None:
    edge.add(listener())
    headers = [("x-signature", signature(BODY)), ("x-signature", "00" * 32)]
    answer = await edge.post("orders", BODY, headers if first else headers[::-1])
    assert (answer.status == 202) is accepted


async def test_of_a_repeated_token_only_the_first_is_looked_at(edge: Edge) -> None:
    edge.add(listener("bearer"))
    headers = [("authorization", "Bearer guess"), ("authorization", f"Bearer {SECRET}")]
    assert (await edge.post("orders", BODY, headers)).reason == "bad_token"


@pytest.mark.parametrize("value", [b"\xe9" * 64, b"\x00" * 64, b"\xff", b"\xef\xbc\x90" * 64, b"abc\x7f"])
async def test_a_signature_of_odd_bytes_counts_as_missing(edge: Edge, value: bytes) -> None:
    edge.add(listener())
    answer = await edge.send(b"/ingress/orders", BODY, [(b"x-signature", value)])
    assert (answer.status, answer.reason) == (401, "missing_signature")


async def test_a_secret_beyond_ascii_signs_but_cannot_be_a_token(edge: Edge) -> None:
    edge.add(listener(secret="schlüssel"))
    edge.add(listener("bearer", secret="schlüssel", name="bearer"))
    assert (await edge.post("orders", BODY, {"x-signature": signature(BODY, "schlüssel")})).status == 202
    assert (await edge.post("bearer", BODY, {"authorization": "schlüssel"})).reason == "missing_token"


@pytest.mark.parametrize("name", ["x-signature", "X-Signature", None])
async def test_the_verified_signature_does_not_reach_the_playbook(edge: Edge, name: str | None) -> None:
    edge.add(listener(header=name))
    await edge.post("orders", BODY, signed(BODY))
    assert signature(BODY) not in json.dumps(edge.workload)


@pytest.mark.parametrize("header", ["authorization", "cookie", "proxy-authorization"])
async def test_headers_with_secrets_do_not_reach_the_playbook(edge: Edge, header: str) -> None:
    edge.add(listener())
    await edge.post("orders", BODY, {**signed(BODY), header: "confidential"})
    assert "confidential" not in json.dumps(edge.workload)


async def test_a_token_in_a_header_of_its_own_does_not_reach_the_playbook(edge: Edge) -> None:
    edge.add(listener("bearer", header="X-Hook-Token"))
    await edge.post("orders", BODY, [("x-hook-token", SECRET), ("x-hook-token", "another")])
    assert SECRET not in json.dumps(edge.workload)


async def test_secret_headers_are_no_directives(edge: Edge) -> None:
    rule = {"header": "authorization", "controls": "idempotency_key"}
    edge.add(listener(directives={"directives": [rule]}))
    await edge.post("orders", BODY, {**signed(BODY), "authorization": "confidential"})
    assert "idempotency_key" not in edge.workload


async def test_directives_have_no_effect_without_verification(edge: Edge) -> None:
    rule = {"header": "x-playbook", "controls": "dispatch.playbook", "allowed": ["shop/other"]}
    edge.add(listener(directives={"directives": [rule]}))
    assert (await edge.post("orders", BODY, {"x-playbook": "shop/other"})).status == 401
    assert not edge.runner.orders


async def test_one_listeners_secret_does_not_open_another(edge: Edge) -> None:
    edge.add(listener())
    edge.add(listener(name="other", secret="other"))
    assert (await edge.post("other", BODY, signed(BODY))).reason == "bad_signature"


def test_secrets_and_bodies_are_in_no_repr() -> None:
    known = listener(secret="confidential")
    delivery = Delivery(headers={"authorization": "confidential"}, body=b"confidential")
    assert "confidential" not in repr((known, known.verification, delivery))
    assert "confidential" not in repr(Verification(scheme="bearer", secret="confidential"))


async def test_nothing_secret_is_logged(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    edge.add(listener("bearer", secret="confidential"))
    await edge.post("orders", b"confidential", {"authorization": "Bearer confidential"})
    await edge.post("orders", b"confidential", {"authorization": "Bearer confidential2"})
    await edge.post("confidential", b"")
    assert caplog.text
    assert "confidential" not in caplog.text

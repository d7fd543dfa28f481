"""Line 15: every reason of 9.2 for shared secrets; GitHub-style and bare hex; bearer bare and prefixed; 202 body; 503
text (wire 9.1, 9.2).
"""

from collections.abc import AsyncIterator

import pytest
from tests.compatibility.listeners import SECRET, Ingress, ingress, signed
from tests.integration.gateway.conftest import Deployment

pytestmark = pytest.mark.integration

BODY = b'{"action": "opened"}'
GOOD = signed(BODY)


@pytest.fixture(scope="module")
async def standing(deployment: Deployment) -> AsyncIterator[Ingress]:
    async with ingress(deployment) as pair:
        pair.noetl.add("hmac", {"type": "hmac_sha256", "secret": SECRET})
        pair.noetl.add("github", {"type": "hmac_sha256", "secret": SECRET, "header": "X-Hub-Signature-256"})
        pair.noetl.add("bearer", {"type": "bearer", "secret": SECRET})
        pair.noetl.add("keyed", {"type": "bearer", "secret": SECRET, "header": "x-api-key"})
        pair.noetl.add("hmac-bare", {"type": "hmac_sha256"})
        pair.noetl.add("hmac-empty", {"type": "hmac_sha256", "secret": ""})
        pair.noetl.add("bearer-bare", {"type": "bearer"})
        pair.noetl.add("bearer-empty", {"type": "bearer", "secret": ""})
        pair.noetl.add("odd", {"type": "carrier_pigeon", "secret": SECRET})
        pair.noetl.add("für x", {"type": "bearer", "secret": SECRET})
        yield pair


@pytest.fixture
def door(standing: Ingress) -> Ingress:
    standing.noetl.forget()
    return standing


async def test_line_15_without_the_internal_token_there_is_no_ingress(deployment: Deployment) -> None:
    async with deployment.gateway(NOETL_INTERNAL_API_TOKEN=" ") as client:
        reply = await client.post("/ingress/github", content=BODY)
    assert reply.status_code == 503
    assert reply.text == "push-ingress not configured (NOETL_INTERNAL_API_TOKEN unset)"
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("signature", [GOOD, GOOD.upper(), f"sha256={GOOD}", f"SHA256={GOOD}", f"sha256= {GOOD}"])
@pytest.mark.parametrize(("name", "header"), [("hmac", "x-signature"), ("github", "X-Hub-Signature-256")])
async def test_line_15_a_signature_comes_bare_or_as_github_sends_it(
    door: Ingress, name: str, header: str, signature: str
) -> None:
    reply = await door.deliver(name, BODY, {header: signature})
    assert (reply.status_code, reply.json()) == (
        202,
        {"status": "accepted", "execution_id": "766633604884463618"},
    )


async def test_line_15_noetls_id_may_be_a_number(door: Ingress) -> None:
    door.noetl.execution_id = 9223372036854775807
    reply = await door.deliver("bearer", b"1", {"authorization": SECRET})
    assert reply.json()["execution_id"] == "9223372036854775807"


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("bearer", {"authorization": f"Bearer {SECRET}"}),
        ("bearer", {"authorization": f"bearer {SECRET}"}),
        ("bearer", {"authorization": SECRET}),
        ("keyed", {"X-Api-Key": SECRET}),
        ("keyed", {"x-api-key": f"Bearer {SECRET}"}),
        ("f%C3%BCr%20x", {"authorization": SECRET}),
    ],
)
async def test_line_15_a_bearer_token_comes_bare_or_prefixed(
    door: Ingress, name: str, headers: dict[str, str]
) -> None:
    assert (await door.deliver(name, BODY, headers)).status_code == 202


@pytest.mark.parametrize(
    ("name", "headers", "status", "reason"),
    [
        ("hmac", {}, 401, "missing_signature"),
        ("hmac", {"x-hub-signature-256": GOOD}, 401, "missing_signature"),
        ("hmac", {"x-signature": ""}, 401, "bad_signature"),
        ("hmac", {"x-signature": "0" * 64}, 401, "bad_signature"),
        ("hmac", {"x-signature": f"sha1={GOOD}"}, 401, "bad_signature"),
        ("hmac", {"x-signature": f"sha256=sha256={GOOD}"}, 401, "bad_signature"),
        ("hmac", {"x-signature": signed(BODY, "other")}, 401, "bad_signature"),
        ("hmac-bare", {"x-signature": GOOD}, 403, "misconfigured"),
        ("hmac-empty", {"x-signature": signed(BODY, "")}, 403, "misconfigured"),
        ("bearer", {}, 401, "missing_token"),
        ("bearer", {"x-api-key": SECRET}, 401, "missing_token"),
        ("bearer", {"authorization": "Bearer wrong"}, 401, "bad_token"),
        ("bearer", {"authorization": f"Basic {SECRET}"}, 401, "bad_token"),
        ("bearer", {"authorization": f"{SECRET}x"}, 401, "bad_token"),
        ("bearer-bare", {"authorization": SECRET}, 403, "misconfigured"),
        ("bearer-empty", {"authorization": "Bearer"}, 403, "misconfigured"),
        ("odd", {"authorization": SECRET}, 403, "unsupported"),
    ],
)
async def test_line_15_what_is_not_proven_is_refused_without_explanation(
    door: Ingress, name: str, headers: dict[str, str], status: int, reason: str
) -> None:
    """D59: an empty secret verified in the original."""
    reply = await door.deliver(name, BODY, headers)
    assert (reply.status_code, reply.json()) == (status, {"status": "rejected", "reason": reason})
    assert door.noetl.orders() == []


async def test_line_15_a_changed_body_does_not_pass(door: Ingress) -> None:
    reply = await door.deliver("hmac", BODY + b" ", {"x-signature": GOOD})
    assert reply.json()["reason"] == "bad_signature"


async def test_line_15_an_unknown_listener(door: Ingress) -> None:
    reply = await door.deliver("nobody", BODY)
    assert (reply.status_code, reply.json()) == (
        404,
        {
            "status": "rejected",
            "reason": "unknown_listener",
            "detail": "no push subscription for this ingress path",
        },
    )


@pytest.mark.parametrize("status", [403, 500, 503])
async def test_line_15_a_listener_that_cannot_be_looked_up(door: Ingress, status: int) -> None:
    door.noetl.refusals["/api/internal/"] = status
    reply = await door.deliver(f"unseen-{status}", BODY)
    assert (reply.status_code, reply.json()) == (
        502,
        {"status": "rejected", "reason": "config_error", "detail": "could not resolve ingress config"},
    )


@pytest.mark.parametrize("status", [404, 500])
async def test_line_15_a_delivery_that_noetl_does_not_take(door: Ingress, status: int) -> None:
    door.noetl.refusals["/api/execute"] = status
    reply = await door.deliver("bearer", b"%d" % status, {"authorization": SECRET})
    assert (reply.status_code, reply.json()) == (
        502,
        {
            "status": "rejected",
            "reason": "dispatch_error",
            "detail": "verified but could not dispatch execution",
        },
    )


async def test_line_15_noetl_is_asked_with_the_internal_token_and_seldom(
    deployment: Deployment, door: Ingress
) -> None:
    async with deployment.gateway(NOETL_BASE_URL=door.noetl.far.url) as fresh:
        for _ in range(3):
            await fresh.post("/ingress/bearer", content=BODY)
            await fresh.post("/ingress/nobody", content=BODY)
    asked = door.noetl.look_ups()
    assert sorted(request.path for request in asked) == [
        "/api/internal/ingress/bearer",
        "/api/internal/ingress/nobody",
    ]
    assert {request.bearer_token() for request in asked} == {"demo-callback-token"}
    assert all(request.header("authorization") is None for request in door.noetl.far.requests if request not in asked)


async def test_line_15_a_body_over_the_cap_is_413(door: Ingress) -> None:
    reply = await door.deliver("bearer", bytes(2 * 1024 * 1024 + 1), {"authorization": SECRET})
    assert reply.status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_line_15_only_post_delivers(door: Ingress, method: str) -> None:
    reply = await door.edge.request(method, "/ingress/bearer")
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")


async def test_line_15_metrics_are_counted_by_listeners_that_exist(door: Ingress) -> None:
    """D35: the label was whatever a caller put into the path."""
    await door.deliver("bearer", BODY, {"authorization": SECRET})
    await door.deliver("bearer", BODY)
    await door.deliver("made-up-by-an-attacker", BODY)
    text = (await door.edge.get("/metrics")).text
    assert 'noetl_ingress_received_total{subscription="bearer"}' in text
    assert 'noetl_ingress_dispatched_total{subscription="bearer"}' in text
    assert 'noetl_ingress_rejected_total{reason="missing_token",subscription="bearer"}' in text
    assert 'noetl_ingress_rejected_total{reason="unknown_listener",subscription="unknown"}' in text
    assert "made-up" not in text

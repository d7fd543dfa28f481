"""Every reason of wire 9.1 and 9.2, in the words that senders get."""

from collections.abc import Mapping

import pytest
from tests.unit.ingress.edge import AUDIENCE, SECRET, SERVICE_ACCOUNT, Edge, Headers, listener, signature, signed

from domain.errors import (
    ExecutionRefused,
    GatewayError,
    IdentityKeysUnavailable,
    UpstreamMisbehaved,
    UpstreamSuspended,
    UpstreamTimedOut,
    UpstreamUnreachable,
)
from domain.ingress.listeners import Listener
from domain.ingress.rejections import DeliveryRejected, Reason
from entrypoints.http.ingress.replies import STATUS

BODY = b'{"a": 1}'


def oidc(audience: str | None = AUDIENCE, service_account: str | None = SERVICE_ACCOUNT) -> Listener:
    return listener("pubsub_oidc", secret=None, audience=audience, service_account=service_account)


@pytest.mark.parametrize(
    ("known", "headers", "status", "reason"),
    [
        (listener(), {}, 401, "missing_signature"),
        (listener(header="x-hub-signature-256"), {"x-signature": signature(BODY)}, 401, "missing_signature"),
        (listener(), {"x-signature": "caf\xe9"}, 401, "missing_signature"),
        (listener(), {"x-signature": "00" * 32}, 401, "bad_signature"),
        (listener(), {"x-signature": ""}, 401, "bad_signature"),
        (listener(), {"x-signature": signature(b"another body")}, 401, "bad_signature"),
        (listener(), {"x-signature": signature(BODY, "another secret")}, 401, "bad_signature"),
        (listener(secret=None), {"x-signature": signature(BODY)}, 403, "misconfigured"),
        (listener("bearer"), {}, 401, "missing_token"),
        (listener("bearer"), {"authorization": "Bearer wrong"}, 401, "bad_token"),
        (listener("bearer"), {"authorization": f"Basic {SECRET}"}, 401, "bad_token"),
        (listener("bearer"), {"authorization": f"Bearer Bearer {SECRET}"}, 401, "bad_token"),
        (listener("bearer"), {"authorization": f"BEARER {SECRET}"}, 401, "bad_token"),
        (listener("bearer", secret=None), {"authorization": "Bearer x"}, 403, "misconfigured"),
        (oidc(), {}, 401, "missing_token"),
        (oidc(audience=None), {"authorization": "Bearer x"}, 403, "misconfigured"),
        (oidc(service_account=""), {"authorization": "Bearer x"}, 403, "misconfigured"),
        (listener("md5"), {"x-signature": signature(BODY)}, 403, "unsupported"),
        (listener(""), {}, 403, "unsupported"),
    ],
)
async def test_what_is_not_proven_is_rejected_without_detail(
    edge: Edge, known: Listener, headers: Headers, status: int, reason: str
) -> None:
    edge.add(known)
    answer = await edge.post("orders", BODY, headers)
    assert (answer.status, answer.json) == (status, {"status": "rejected", "reason": reason})
    assert answer.headers["content-type"] == "application/json"
    assert not edge.runner.orders
    assert edge.counter.counts["rejected", "orders", reason] == 1


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.OIDC_MALFORMED, 401),
        (Reason.OIDC_UNKNOWN_KID, 401),
        (Reason.OIDC_BAD_SIGNATURE, 401),
        (Reason.OIDC_EXPIRED, 401),
        (Reason.OIDC_INVALID, 401),
        (Reason.OIDC_NO_JWKS, 401),
        (Reason.OIDC_WRONG_AUDIENCE, 403),
        (Reason.OIDC_WRONG_SA, 403),
        (Reason.OIDC_UNVERIFIED_EMAIL, 403),
        (Reason.OIDC_BAD_KEY, 403),
    ],
)
async def test_the_word_for_a_refused_push_token_is_passed_on(edge: Edge, reason: Reason, status: int) -> None:
    """Which token gets which word is the business of the adapter and its tests."""

    async def refuse(token: str, *, audience: str, service_account: str) -> None:
        assert (token, audience, service_account) == ("x.y.z", AUDIENCE, SERVICE_ACCOUNT)
        raise DeliveryRejected(reason)

    edge.push_tokens.verify = refuse  # type: ignore[method-assign]
    edge.add(oidc())
    answer = await edge.post("orders", BODY, {"authorization": "Bearer x.y.z"})
    assert (answer.status, answer.json) == (status, {"status": "rejected", "reason": reason.value})


async def test_keys_that_cannot_be_fetched_are_no_fault_of_the_sender(edge: Edge) -> None:
    edge.add(oidc())
    edge.push_tokens.trouble = IdentityKeysUnavailable()
    answer = await edge.post("orders", BODY, {"authorization": "Bearer x"})
    assert answer.status == 502
    assert answer.json == {"status": "rejected", "reason": "jwks_error", "detail": "could not fetch OIDC keys"}


async def test_a_listener_that_does_not_exist_is_unknown(edge: Edge) -> None:
    answer = await edge.post("nobody", BODY)
    detail = "no push subscription for this ingress path"
    assert (answer.status, answer.json) == (
        404,
        {"status": "rejected", "reason": "unknown_listener", "detail": detail},
    )


TROUBLE = [UpstreamUnreachable(), UpstreamTimedOut(), UpstreamMisbehaved(), UpstreamSuspended()]


@pytest.mark.parametrize("trouble", TROUBLE, ids=lambda error: error.code)
async def test_a_listener_that_cannot_be_looked_up_is_an_error_of_the_configuration(
    edge: Edge, trouble: GatewayError
) -> None:
    edge.listeners.trouble = trouble
    answer = await edge.post("orders", BODY, signed(BODY))
    detail = "could not resolve ingress config"
    assert (answer.status, answer.json) == (502, {"status": "rejected", "reason": "config_error", "detail": detail})


@pytest.mark.parametrize("trouble", [*TROUBLE, ExecutionRefused(status=404)], ids=lambda error: error.code)
async def test_a_delivery_that_starts_nothing_is_to_be_sent_again(edge: Edge, trouble: GatewayError) -> None:
    edge.add(listener())
    edge.runner.trouble = trouble
    answer = await edge.post("orders", BODY, signed(BODY))
    detail = "verified but could not dispatch execution"
    assert (answer.status, answer.json) == (502, {"status": "rejected", "reason": "dispatch_error", "detail": detail})
    assert edge.counter.counts["dispatched", "orders", ""] == 0
    assert edge.counter.counts["rejected", "orders", "dispatch_error"] == 1


def test_every_reason_has_a_status() -> None:
    assert set(STATUS) == set(Reason)


def test_statuses_are_those_of_the_wire() -> None:
    by_status: Mapping[int, set[str]] = {
        code: {reason.value for reason, status in STATUS.items() if status == code} for code in set(STATUS.values())
    }
    assert by_status[404] == {"unknown_listener"}
    assert by_status[502] == {"config_error", "jwks_error", "dispatch_error"}
    assert by_status[403] == {
        "oidc_wrong_audience",
        "oidc_wrong_sa",
        "oidc_unverified_email",
        "oidc_bad_key",
        "misconfigured",
        "unsupported",
    }

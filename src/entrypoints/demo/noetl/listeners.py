"""Push listeners as the Rust server hands them to the gateway. Their secrets protect nothing."""

from collections.abc import Mapping

from entrypoints.demo.issuer.push_tokens import SERVICE_ACCOUNT
from entrypoints.demo.json_types import JsonObject, JsonValue

DEMO_HMAC_SECRET = "demo-hmac-secret"  # noqa: S105 - obviously not one
DEMO_BEARER_SECRET = "demo-bearer-secret"  # noqa: S105 - obviously not one
DEMO_WEBHOOK_SECRET = "whsec_ZGVtby13ZWJob29rLXNlY3JldA=="  # noqa: S105 - `demo-webhook-secret` in Base64
DEMO_STRIPE_SECRET = "demo-stripe-secret"  # noqa: S105 - obviously not one


def demo_listeners(dispatch_to: str = "demo/quick") -> Mapping[str, JsonObject]:
    hmac: JsonObject = {
        "type": "hmac_sha256",
        "header": "x-hub-signature-256",
        "secret": DEMO_HMAC_SECRET,
    }
    bearer: JsonObject = {"type": "bearer", "secret": DEMO_BEARER_SECRET}
    pubsub: JsonObject = {
        "type": "pubsub_oidc",
        "audience": "https://gateway.example.com/ingress/pubsub",
        "service_account": SERVICE_ACCOUNT,
    }
    webhooks: JsonObject = {"type": "standard_webhooks", "secret": DEMO_WEBHOOK_SECRET}
    stripe: JsonObject = {"type": "stripe", "secret": DEMO_STRIPE_SECRET}
    return {
        "github": _listener("github", "webhook", hmac, dispatch_to, directives=_directives()),
        "orders": _listener("orders", "webhook", bearer, dispatch_to),
        "pubsub": _listener("pubsub", "pubsub", pubsub, dispatch_to),
        "hooks": _listener("hooks", "webhook", webhooks, dispatch_to),
        "payments": _listener("payments", "webhook", stripe, dispatch_to),
    }


def _listener(name: str, source: str, verify: JsonObject, playbook: str, **more: JsonValue) -> JsonObject:
    return {
        "listener": name,
        "catalog_path": f"demo/subscriptions/{name}",
        "source": source,
        "subscription_id": "766633604792188001",
        "verify": verify,
        "dispatch": {"playbook": playbook, "payload_from": "message.json"},
        **more,
    }


def _directives() -> JsonObject:
    return {
        "normalize": True,
        "directives": [
            {"header": "x-playbook", "controls": "dispatch.playbook", "allowed": ["demo/steps", "demo/fails"]},
            {"header": "x-priority", "controls": "priority", "map": {"high": "fast", "low": "slow"}},
            {"header": "x-idempotency-key", "controls": "idempotency_key"},
        ],
        "trace": {"propagate": "w3c", "baggage_allowlist": ["tenant"]},
        "passthrough": "data",
    }

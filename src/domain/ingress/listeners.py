"""What NoETL says about a listener: how to verify its deliveries and what to start (wire 9.1)."""

from dataclasses import dataclass, field

from domain.ingress.directives import Directives

_CARRIERS = {
    "hmac_sha256": "x-signature",
    "bearer": "authorization",
    "pubsub_oidc": "authorization",
    "standard_webhooks": "webhook-signature",
    "stripe": "stripe-signature",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """`scheme` is `verify.type`, known here or not."""

    scheme: str
    header: str | None = None
    secret: str | None = field(default=None, repr=False)
    audience: str | None = None
    service_account: str | None = None

    @property
    def carrier(self) -> str:
        """The header that carries the proof, in lower case; empty for schemes that are not known."""
        if self.header and self.scheme != "pubsub_oidc":
            return self.header.lower()
        return _CARRIERS.get(self.scheme, "")

    @property
    def secret_headers(self) -> frozenset[str]:
        """Headers, in lower case, that no playbook gets to see because of this verification (D59)."""
        return frozenset({self.carrier, (self.header or "").lower()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    playbook: str
    payload_from: str = "message.json"
    execution_pool: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """`subscription_id`: decimal text. `directives_problem`: why the directive block cannot be obeyed, else None."""

    name: str
    catalog_path: str
    subscription_id: str
    verification: Verification
    dispatch: Dispatch
    source: str = "webhook"
    directives: Directives = field(default_factory=Directives)
    directives_problem: str | None = None

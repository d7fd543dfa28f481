"""Domain values made from settings."""

from domain.access import GUARDED, Need, ProxyPolicy, Rule
from domain.use_cases.forward_request import Shards
from entrypoints.settings.access import PolicyRule
from entrypoints.settings.loading import Settings


def proxy_policy(settings: Settings) -> ProxyPolicy:
    """Own rules first, then the guarded ones unless the policy is open."""
    section = settings.proxy_policy
    own = tuple(_rule(rule) for rule in section.rules)
    return ProxyPolicy(own if section.mode == "open" else own + GUARDED)


def _rule(rule: PolicyRule) -> Rule:
    return Rule(
        pattern=tuple(part for part in rule.path.casefold().split("/") if part),
        need=Need(rule.need),
        roles=rule.roles,
        methods=tuple(method.upper() for method in rule.methods),
    )


def shards(settings: Settings) -> Shards:
    in_order = sorted(settings.noetl.shards, key=lambda shard: shard.shard_index)
    return Shards(
        default=settings.noetl.base_url,
        base_urls=tuple(shard.base_url.rstrip("/") for shard in in_order),
    )

"""Variables that are set and have no effect, or another one than whoever set them may think."""

import re
from collections.abc import Iterator, Mapping

from entrypoints.settings.loading import Settings, fields

_REPLACED = {
    "NOETL_KV_ADDR": "sessions and pending requests live in NATS; set NATS_URL",
    "NOETL_EVENT_FEED_ADDR": "lifecycle events come by NATS; set NATS_URL and NATS_UPDATES_SUBJECT_PREFIX",
}
"""What the generation without NATS needed (wire 10)."""

_OF_KUBERNETES = re.compile(r"GATEWAY_(?:SERVICE|PORT)_.*")
"""Put into every pod beside a Service that is called gateway."""


def warnings(settings: Settings, variables: Mapping[str, str]) -> list[str]:
    """One sentence for each variable of `variables` that does not do what its name promises; no values."""
    return sorted((*_ignored(variables), *_reinterpreted(settings, variables)))


def _ignored(variables: Mapping[str, str]) -> Iterator[str]:
    known = {name for _, _, _, setting in fields() for name in setting.names} | {"GATEWAY_CONFIG"}
    for name, value in variables.items():
        if name in _REPLACED and value.strip():
            yield f"{name} is ignored: {_REPLACED[name]}"
        elif name.startswith("GATEWAY_") and name not in known and not _OF_KUBERNETES.fullmatch(name):
            # Old documents named what nothing ever read.
            meant = name.replace("GATEWAY_TRANSPORT_", "GATEWAY_", 1)
            yield f"{name} is ignored: {f'set {meant}' if meant in known else 'there is no such setting'}"


def _reinterpreted(settings: Settings, variables: Mapping[str, str]) -> Iterator[str]:
    given = variables.get("NATS_UPDATES_SUBJECT_PREFIX", "").strip()
    if given.rstrip(".") == "playbooks.executions":
        used = settings.nats.updates_subject_prefix
        yield f"NATS_UPDATES_SUBJECT_PREFIX: nothing is ever published under its old default; {used} is used"
    if any(origin.endswith("/") for origin in settings.cors.allowed_origins):
        yield "CORS_ALLOWED_ORIGINS: an origin ends with a slash, so it matches nothing that a browser sends"

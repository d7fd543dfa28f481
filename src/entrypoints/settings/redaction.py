"""The effective settings without what is secret."""

import re

from pydantic import SecretStr

from entrypoints.settings.loading import Settings, fields


def redacted(settings: Settings) -> dict[str, object]:
    """The effective settings for printing; what is secret is `***`, and a NATS URL loses its credentials."""
    shown = settings.model_dump(mode="json")
    for section, key, _, _ in fields():
        holder = getattr(settings, section) if section else settings
        value = getattr(holder, key)
        if isinstance(value, SecretStr):
            (shown[section] if section else shown)[key] = _redacted_url(value) if key == "url" else "***"
    return shown


def _redacted_url(value: SecretStr) -> str:
    """Without credentials. A password may hold a comma, so only one before a scheme separates servers."""
    servers = re.split(r",\s*(?=(?:nats|tls)://)", value.get_secret_value().strip())
    return ",".join(_without_credentials(server) for server in servers)


def _without_credentials(server: str) -> str:
    if "@" not in server:
        return server
    scheme = next((known for known in ("nats://", "tls://") if server.startswith(known)), "")
    return f"{scheme}***@{server.rpartition('@')[2]}"

"""Whether a server can do what the gateway needs."""

from adapters.nats.jetstream_api import ApiRefused, call
from adapters.nats.link import Link
from domain.errors import StoreUnavailable

_OLDEST = (2, 11)


async def trouble_of(link: Link) -> str | None:
    """What the server lacks, for an operator. Batched direct reads came with 2.11."""
    version = link.client.connected_server_version
    try:
        if (version.major, version.minor) < _OLDEST:
            return f"the NATS server is version {version.major}.{version.minor}, and 2.11 or newer is needed"
        await call(link, "INFO", None, dict)
    except ApiRefused as refused:
        return f"JetStream is not available on the NATS server: {refused.description}"
    except StoreUnavailable:
        return "JetStream is not available on the NATS server"
    except ValueError:
        return "the NATS server does not tell its version, and 2.11 or newer is needed"
    return None

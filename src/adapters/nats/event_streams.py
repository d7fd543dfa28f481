"""Whether JetStream holds the lifecycle events, and how this deployment consumes them."""

import logging

import msgspec

from adapters.nats.jetstream_api import ApiRefused, call
from adapters.nats.link import Link
from adapters.nats.stream_info import StreamInfo

log = logging.getLogger(__name__)
GROUP = "gateways"
ACK_WAIT = 30.0
_PIN_TIMEOUT = 5.0
_DELIVERIES = 20


class _Names(msgspec.Struct):
    streams: list[str] | None = None


async def stream_with(link: Link, pattern: str) -> str | None:
    """A stream that holds everything on `pattern` (`<prefix>.>`), None if there is none. Raises StoreUnavailable."""
    try:
        names = await call(link, "STREAM.NAMES", {"subject": pattern}, _Names)
        for name in names.streams or ():
            info = await call(link, f"STREAM.INFO.{name}", None, StreamInfo)
            if info.config.retention != "workqueue" and any(covers(one, pattern) for one in info.config.subjects):
                return name
    except ApiRefused as refused:
        log.info("no stream of events can be looked for: %s", refused.description)
    return None


def covers(subject: str, pattern: str) -> bool:
    """Does `subject` match all that `pattern` matches, which ends with `>`?"""
    ours, theirs = subject.split("."), pattern.split(".")
    if ours[-1] != ">" or len(ours) > len(theirs):
        return False
    return all(one in ("*", other) for one, other in zip(ours[:-1], theirs, strict=False))


async def share_consumer(link: Link, stream: str, durable: str, pattern: str) -> None:
    """The consumer that all replicas share; it begins with what comes from now on when it is new.

    One replica at a time is pinned to it, so that the events of an execution keep their order; another takes
    over when that one stops asking. Raises ApiRefused, StoreUnavailable.
    """
    config = {
        "durable_name": durable,
        "ack_policy": "explicit",
        "deliver_policy": "new",
        "filter_subject": pattern,
        "ack_wait": int(ACK_WAIT * 1e9),
        "max_deliver": _DELIVERIES,
        "max_ack_pending": 1000,
        "priority_policy": "pinned_client",
        "priority_groups": [GROUP],
        "priority_timeout": int(_PIN_TIMEOUT * 1e9),
    }
    try:
        body = {"stream_name": stream, "config": config}
        await call(link, f"CONSUMER.DURABLE.CREATE.{stream}.{durable}", body, msgspec.Raw)
    except ApiRefused as refused:
        log.warning("the consumer %s is used as it is: %s", durable, refused.description)
        await call(link, f"CONSUMER.INFO.{stream}.{durable}", None, msgspec.Raw)

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from adapters.nats.bucket_feed import BucketFeed, Change
from adapters.nats.buckets import Bucket
from adapters.nats.connection import NatsConnection
from adapters.nats.options import NatsOptions, NatsStorage
from adapters.nats.streams import client_bucket_spec


class StoppedClock:
    time = 100.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


class Watched:
    """A feed without NATS; `take` plays the server."""

    def __init__(self) -> None:
        connection = NatsConnection(NatsOptions())
        self.clock, self.changes = StoppedClock(), list[Change]()
        self.feed = BucketFeed(connection, Bucket(connection, client_bucket_spec(NatsStorage())), self.clock)
        self.feed.watch(self.changes.append, lambda: None)

    def take(self, reply: str, data: bytes = b"{}", headers: dict[str, str] | None = None) -> None:
        message = Msg(_client=Client(), subject="$KV.gateway_clients.key", reply=reply, data=data, headers=headers)
        self.feed._take(message)

    def take_heartbeat(self, delivered: int) -> None:
        headers = {"Status": "100", "Description": "Idle Heartbeat", "Nats-Last-Consumer": str(delivered)}
        self.take("", b"", headers)

    @property
    def is_broken(self) -> bool:
        return self.feed._broken.is_set()


@pytest.mark.parametrize(
    "reply", ["$JS.ACK.KV_x.cons.1.7.1.1500000000.0", "$JS.ACK.hub.acc.KV_x.cons.1.7.1.1500000000.0.random"]
)
def test_a_change_tells_key_revision_and_time(reply: str) -> None:
    watched = Watched()
    watched.take(reply, b"value")

    assert watched.changes == [Change(key="key", value=b"value", revision=7, at=1.5)]
    assert not watched.is_broken


@pytest.mark.parametrize(
    "headers", [{"KV-Operation": "DEL"}, {"KV-Operation": "PURGE"}, {"Nats-Marker-Reason": "MaxAge"}]
)
def test_a_marker_is_a_key_that_is_gone(headers: dict[str, str]) -> None:
    watched = Watched()
    watched.take("$JS.ACK.KV_x.cons.1.7.1.1500000000.0", b"", headers)

    assert watched.changes == [Change(key="key", value=None, revision=7, at=1.5)]


def test_a_message_that_was_lost_on_the_way_shows_in_the_next_one() -> None:
    watched = Watched()
    watched.take("$JS.ACK.KV_x.cons.1.7.1.0.0")
    watched.take("$JS.ACK.KV_x.cons.1.9.3.0.0")

    assert watched.is_broken
    assert len(watched.changes) == 1


def test_a_message_that_was_lost_on_the_way_shows_in_the_next_heartbeat() -> None:
    watched = Watched()
    watched.take("$JS.ACK.KV_x.cons.1.7.1.0.0")
    watched.take_heartbeat(1)
    assert not watched.is_broken

    watched.take_heartbeat(2)
    assert watched.is_broken


def test_every_sign_of_life_is_noted() -> None:
    watched = Watched()
    watched.take_heartbeat(0)
    assert watched.feed.heard == 100.0

    watched.clock.time = 101.0
    watched.take("$JS.ACK.KV_x.cons.1.7.1.0.0")
    assert watched.feed.heard == 101.0


def test_a_feed_that_follows_nothing_is_not_current() -> None:
    watched = Watched()
    watched.take_heartbeat(0)

    assert not watched.feed.is_current(100.0)

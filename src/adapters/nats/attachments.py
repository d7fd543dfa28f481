"""The open streams of this process."""

from collections import deque
from collections.abc import Iterator
from typing import TypeAlias

from nats.aio.msg import Msg

from adapters.nats.subscriptions import Subscription
from domain.ports.client_streams import StreamListener

Generation: TypeAlias = tuple[str, int]
"""Orders the claims of a client over all replicas: the bucket's creation, and its revision."""

NEVER: Generation = ("", 0)


class Attachment:
    """`token` tells it from any other connection anywhere, `claimed` is when it took its client over."""

    __slots__ = ("backlog", "claimed", "client", "listener", "subscription", "superseded_by", "token")

    def __init__(self, client: str, listener: StreamListener, token: str) -> None:
        """`client`: `<home>.<name>`."""
        self.client = client
        self.listener = listener
        self.token = token
        self.claimed = NEVER
        self.superseded_by = NEVER
        self.subscription: Subscription | None = None
        self.backlog: deque[Msg] | None = None
        """A message whose text is being fetched, and what came after it; None when there is none."""


class Attachments:
    """At most one per client: the newest. Besides any number of followers, who take nothing over."""

    def __init__(self) -> None:
        self._by_client: dict[str, Attachment] = {}
        self._followers: dict[str, dict[Attachment, None]] = {}

    def __iter__(self) -> Iterator[Attachment]:
        return iter(tuple(self._by_client.values()))

    def get(self, client: str) -> Attachment | None:
        return self._by_client.get(client)

    def holds(self, attachment: Attachment) -> bool:
        """Whether it is the client's connection or a follower."""
        return self._serves(attachment) or attachment in self._followers.get(attachment.client, ())

    def _serves(self, attachment: Attachment) -> bool:
        return self._by_client.get(attachment.client) is attachment

    def follow(self, follower: Attachment) -> None:
        self._followers.setdefault(follower.client, {})[follower] = None

    def unfollow(self, follower: Attachment) -> None:
        of_client = self._followers.get(follower.client, {})
        of_client.pop(follower, None)
        if not of_client:
            self._followers.pop(follower.client, None)

    @property
    def has_followers(self) -> bool:
        return bool(self._followers)

    def followers(self, client: str) -> tuple[Attachment, ...]:
        return tuple(self._followers.get(client, ()))

    def all_with_followers(self) -> Iterator[Attachment]:
        yield from self
        for client in tuple(self._followers):
            yield from self.followers(client)

    def add(self, attachment: Attachment) -> None:
        before = self._by_client.get(attachment.client)
        self._by_client[attachment.client] = attachment
        if before is not None:
            before.listener.on_replaced()

    def remove(self, attachment: Attachment) -> bool:
        """Does nothing to a newer one; False if there is one."""
        if not self._serves(attachment):
            return False
        del self._by_client[attachment.client]
        return True

    def give_up(self, attachment: Attachment) -> None:
        """Another process has taken the client over."""
        if self.remove(attachment):
            attachment.listener.on_replaced()

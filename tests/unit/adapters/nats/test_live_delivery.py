import asyncio

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from tests.contracts.listeners import Listener

from adapters.nats.attachments import Attachment, Attachments
from adapters.nats.client_history import ClientHistory
from adapters.nats.frame_messages import RESULT, stored_frame
from adapters.nats.live_delivery import LiveDelivery
from domain.errors import StoreUnavailable
from domain.events import StoredFrame


class History(ClientHistory):
    """Texts that are elsewhere come when they are let go; `missing` and `failing` name those that do not."""

    known_epoch: str | None = "epoch"

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.missing: set[int] = set()
        self.failing: set[int] = set()

    @property
    def epoch(self) -> str | None:
        return self.known_epoch

    async def whole(self, headers: dict[str, str], data: bytes, epoch: str, *, live: bool) -> StoredFrame | None:
        await self.let_go.wait()
        frame = stored_frame(headers, data, epoch, live=live)
        if frame.id.offset in self.failing:
            raise StoreUnavailable
        return None if frame.id.offset in self.missing else frame


class Open:
    def __init__(self) -> None:
        self.history, self.listener, self.attachments = History(), Listener(), Attachments()
        self.attachment = Attachment("home.name", self.listener, "token")
        self.attachments.add(self.attachment)
        self.delivery = LiveDelivery(self.history, self.attachments)

    def take(self, offset: int, *, elsewhere: bool = False) -> None:
        headers = {"Nats-Sequence": str(offset), "Nats-Last-Sequence": str(offset - 1)}
        if elsewhere:
            headers[RESULT] = "name 1 digest"
        self.delivery.take(self.attachment, Msg(_client=Client(), data=b"{}", headers=headers))

    @property
    def offsets(self) -> list[int]:
        return [frame.id.offset for frame in self.listener.frames]

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


async def test_frames_go_on_at_once() -> None:
    stream = Open()
    stream.take(1)
    stream.take(2)

    assert stream.offsets == [1, 2]
    assert stream.listener.frames[1].previous == 1


async def test_what_comes_behind_a_text_that_is_fetched_waits_for_it() -> None:
    stream = Open()
    stream.take(1)
    stream.take(2, elsewhere=True)
    stream.take(3)
    stream.take(4, elsewhere=True)
    stream.take(5)
    await stream.settle()
    assert stream.offsets == [1]

    stream.history.let_go.set()
    await stream.settle()
    assert stream.offsets == [1, 2, 3, 4, 5]
    stream.take(6)
    assert stream.offsets[-1] == 6


@pytest.mark.parametrize("trouble", ["missing", "failing"])
async def test_a_text_that_cannot_be_fetched_is_a_gap_and_nothing_is_shown_out_of_order(trouble: str) -> None:
    stream = Open()
    getattr(stream.history, trouble).add(1)
    stream.take(1, elsewhere=True)
    stream.take(2)
    stream.history.let_go.set()
    await stream.settle()

    assert stream.offsets == []
    assert stream.listener.gaps == 1
    stream.take(3)
    assert stream.offsets == [3]  # its listener sees from `previous` that something is missing


async def test_a_stream_that_was_replaced_gets_nothing_more() -> None:
    stream = Open()
    stream.take(1, elsewhere=True)
    await stream.settle()
    stream.attachments.remove(stream.attachment)
    stream.history.let_go.set()
    await stream.settle()

    assert stream.offsets == []
    assert stream.listener.gaps == 0


async def test_closing_ends_the_fetching() -> None:
    stream = Open()
    stream.take(1, elsewhere=True)
    await stream.settle()

    await stream.delivery.close()

    assert stream.offsets == []


async def test_what_is_no_frame_is_ignored() -> None:
    stream = Open()
    stream.delivery.take(stream.attachment, Msg(_client=Client(), data=b"", headers=None))

    assert stream.offsets == []


async def test_while_it_is_not_known_which_stream_frames_come_from_they_are_a_gap() -> None:
    stream = Open()
    stream.history.known_epoch = None
    stream.take(1)

    assert stream.offsets == []
    assert stream.listener.gaps == 1

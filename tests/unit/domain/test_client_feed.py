from dataclasses import replace

import pytest
from tests.unit.domain.feed_doubles import EPOCH, FakeNow, WrittenSink, stored

from domain.client_feed import ClientFeed
from domain.events import EventId, Stage, StoredFrame


@pytest.fixture
def now() -> FakeNow:
    return FakeNow(1000.0)


@pytest.fixture
def sink() -> WrittenSink:
    return WrittenSink()


@pytest.fixture
def feed(sink: WrittenSink, now: FakeNow) -> ClientFeed:
    """Caught up to 10."""
    feed = ClientFeed(EventId(EPOCH, 10), sink, now)
    feed.replay_after()
    feed.replayed([], EventId(EPOCH, 10), complete=True)
    return feed


def test_a_new_feed_asks_for_what_came_after_its_position(sink: WrittenSink, now: FakeNow) -> None:
    feed = ClientFeed(EventId(EPOCH, 10), sink, now)

    asked = feed.needs_replay, feed.replay_after()
    feed.replayed([stored(11), stored(14)], EventId(EPOCH, 20), complete=True)

    assert asked == (True, EventId(EPOCH, 10))
    assert sink.offsets == [11, 14]
    assert not feed.needs_replay
    assert feed.position == EventId(EPOCH, 20)


def test_live_frames_wait_until_the_replay_is_through(sink: WrittenSink, now: FakeNow) -> None:
    feed = ClientFeed(EventId(EPOCH, 10), sink, now)
    after = feed.replay_after()
    feed.live(stored(12, previous=11))

    assert sink.offsets == []
    feed.replayed([stored(11), stored(12)], EventId(EPOCH, 12), complete=True)

    assert after.offset == 10
    assert sink.offsets == [11, 12]
    assert not feed.needs_replay


def test_a_live_frame_that_the_replay_had_not_seen_asks_for_another_one(sink: WrittenSink, now: FakeNow) -> None:
    feed = ClientFeed(EventId(EPOCH, 10), sink, now)
    feed.replay_after()
    feed.live(stored(12, previous=11))
    feed.replayed([stored(11)], EventId(EPOCH, 11), complete=True)

    assert feed.needs_replay
    assert feed.replay_after() == EventId(EPOCH, 11)
    feed.replayed([stored(12)], EventId(EPOCH, 12), complete=True)

    assert sink.offsets == [11, 12]
    assert not feed.needs_replay


def test_a_frame_comes_once_however_often_it_is_delivered(feed: ClientFeed, sink: WrittenSink) -> None:
    feed.live(stored(11, previous=10))
    feed.live(stored(11, previous=10))
    feed.live(stored(9, previous=8))

    assert sink.offsets == [11]


def test_a_hole_asks_for_a_replay_that_fills_it(feed: ClientFeed, sink: WrittenSink) -> None:
    feed.live(stored(11, previous=10))
    feed.live(stored(13, previous=12))

    assert sink.offsets == [11]
    assert feed.needs_replay
    feed.replay_after()
    feed.replayed([stored(12), stored(13)], EventId(EPOCH, 13), complete=True)

    assert sink.offsets == [11, 12, 13]


def test_a_gap_that_shows_while_a_replay_runs_asks_for_one_more(feed: ClientFeed, sink: WrittenSink) -> None:
    feed.gap()
    feed.replay_after()
    feed.gap()
    feed.replayed([], EventId(EPOCH, 10), complete=True)

    assert feed.needs_replay


def test_history_that_is_missing_is_one_reset_and_then_live_frames(feed: ClientFeed, sink: WrittenSink) -> None:
    feed.gap()
    feed.replay_after()
    feed.replayed([], EventId("other", 3), complete=False)

    assert sink.resets == [EventId("other", 3)]
    assert not feed.needs_replay
    feed.live(stored(4, previous=0, epoch="other"))
    assert sink.offsets == [4]


def test_a_live_frame_that_comes_during_a_reset_is_not_lost(feed: ClientFeed, sink: WrittenSink) -> None:
    feed.live(stored(4, previous=0, epoch="other"))
    assert feed.needs_replay
    feed.replay_after()
    feed.live(stored(5, previous=4, epoch="other"))
    feed.replayed([], EventId("other", 4), complete=False)

    assert sink.resets == [EventId("other", 4)]
    assert feed.needs_replay
    assert feed.replay_after() == EventId("other", 4)
    feed.replayed([stored(5, epoch="other")], EventId("other", 5), complete=True)
    assert sink.offsets == [5]
    assert len(sink.resets) == 1


def test_a_position_ahead_of_the_history_is_one_reset_and_no_more(sink: WrittenSink, now: FakeNow) -> None:
    feed = ClientFeed(EventId(EPOCH, 5000), sink, now)
    feed.replay_after()
    feed.replayed([], EventId(EPOCH, 10), complete=False)

    assert sink.resets == [EventId(EPOCH, 10)]
    assert not feed.needs_replay


def test_an_early_frame_is_held_until_its_request_is_announced(feed: ClientFeed, sink: WrittenSink) -> None:
    feed.live(stored(11, previous=10, request="r", hold_until=1005.0))
    feed.live(stored(12, previous=11, request="r", hold_until=1005.0))

    assert sink.offsets == []
    assert feed.held_until == 1005.0
    feed.announced("r")

    assert sink.offsets == [11, 12]
    assert feed.held_until is None


def test_an_announced_request_is_not_held_at_all(feed: ClientFeed, sink: WrittenSink) -> None:
    feed.announced("r")
    feed.live(stored(11, previous=10, request="r", hold_until=1005.0))

    assert sink.offsets == [11]


def test_after_the_announcement_a_client_gets_a_moment_to_read_the_response(sink: WrittenSink, now: FakeNow) -> None:
    feed = ClientFeed(EventId(EPOCH, 10), sink, now, grace=0.25)
    feed.replayed([], feed.replay_after(), complete=True)
    feed.live(stored(11, previous=10, request="r", hold_until=1005.0))

    feed.announced("r")
    feed.live(stored(12, previous=11, request="r", hold_until=1005.0))
    assert sink.offsets == []
    assert feed.held_until == 1000.25

    now.time = 1000.25
    feed.release_due()
    assert sink.offsets == [11, 12]


def test_the_moment_does_not_prolong_what_is_held_for_less(sink: WrittenSink, now: FakeNow) -> None:
    feed = ClientFeed(EventId(EPOCH, 10), sink, now, grace=0.25)
    feed.replayed([], feed.replay_after(), complete=True)
    feed.announced("r")
    feed.live(stored(11, previous=10, request="r", hold_until=1000.1))
    assert feed.held_until == 1000.1

    feed.live(stored(12, previous=11, request="r"))
    now.time = 1000.1
    feed.release_due()
    assert sink.offsets == [11, 12]


def test_a_held_frame_holds_back_later_ones_so_that_ids_only_grow(feed: ClientFeed, sink: WrittenSink) -> None:
    feed.live(stored(11, previous=10, request="r", hold_until=1005.0))
    feed.live(stored(12, previous=11, request="s"))

    assert sink.offsets == []
    feed.announced("r")
    assert sink.offsets == [11, 12]


def test_a_held_frame_goes_when_its_time_is_up(feed: ClientFeed, sink: WrittenSink, now: FakeNow) -> None:
    feed.live(stored(11, previous=10, request="r", hold_until=1005.0))

    now.time = 1004.9
    feed.release_due()
    assert sink.offsets == []
    now.time = 1005.0
    feed.release_due()
    assert sink.offsets == [11]


def test_another_hosts_fast_clock_does_not_hold_frames_for_longer(
    feed: ClientFeed, sink: WrittenSink, now: FakeNow
) -> None:
    feed.live(stored(11, previous=10, request="r", hold_until=now.time + 3600))

    now.time += 10.0
    feed.release_due()

    assert sink.offsets == [11]


def test_the_position_stays_before_what_is_held(feed: ClientFeed) -> None:
    feed.live(stored(11, previous=10, request="r", hold_until=1005.0))

    assert feed.position == EventId(EPOCH, 10)
    feed.gap()
    assert feed.replay_after() == EventId(EPOCH, 11)


def test_frames_that_find_no_room_are_fetched_again(feed: ClientFeed, sink: WrittenSink) -> None:
    frames = [stored(11 + n, previous=10 + n, request="r", hold_until=1005.0) for n in range(300)]
    for frame in frames:
        feed.live(frame)

    full = feed.has_room, feed.needs_replay
    feed.announced("r")
    assert (full, feed.has_room) == ((False, True), True)
    after = feed.replay_after()
    feed.replayed([each for each in frames if each.id > after], frames[-1].id, complete=True)

    assert sink.offsets == [frame.id.offset for frame in frames]
    assert not feed.needs_replay


RUNNING = stored(1, stage=Stage.RUNNING)
WORKER_STATE = stored(1, stage=Stage.RESULT, event="playbook/state")
WORKER_RESULT = stored(1, stage=Stage.RESULT, event="playbook/result")
END = stored(1, stage=Stage.TERMINAL)
ASIDE = stored(1, stage=Stage.NONE)


@pytest.mark.parametrize(
    ("before", "late", "is_told"),
    [
        ([], RUNNING, True),
        ([RUNNING], RUNNING, True),
        ([WORKER_STATE], RUNNING, False),
        ([WORKER_STATE], WORKER_RESULT, True),
        ([WORKER_STATE, WORKER_RESULT], END, True),
        ([WORKER_STATE, WORKER_RESULT], RUNNING, False),
        ([END], RUNNING, False),
        ([END], END, False),
        ([END], WORKER_STATE, False),
        ([END], WORKER_RESULT, True),
        ([WORKER_STATE, END], WORKER_RESULT, True),
        ([WORKER_RESULT, END], END, False),
        ([END], ASIDE, True),
        ([WORKER_STATE], ASIDE, True),
    ],
)
def test_no_frame_moves_a_run_backwards(
    feed: ClientFeed, sink: WrittenSink, before: list[StoredFrame], late: StoredFrame, is_told: bool
) -> None:
    frames = [replace(each, id=EventId(EPOCH, 11 + n), previous=10 + n) for n, each in enumerate([*before, late])]
    for frame in frames:
        feed.live(frame)

    assert (frames[-1].id.offset in sink.offsets) is is_told
    assert feed.position == frames[-1].id


def test_another_run_is_another_matter(feed: ClientFeed, sink: WrittenSink) -> None:
    feed.live(stored(11, previous=10, stage=Stage.TERMINAL, execution="1"))
    feed.live(stored(12, previous=11, stage=Stage.RUNNING, execution="2"))
    feed.live(stored(13, previous=12, stage=Stage.TERMINAL, execution=""))
    feed.live(stored(14, previous=13, stage=Stage.RUNNING, execution=""))

    assert sink.offsets == [11, 12, 13, 14]

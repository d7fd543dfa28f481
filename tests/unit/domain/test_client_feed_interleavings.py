"""Any interleaving of live delivery, losses, gaps, replays, announcements and time: each frame comes once, in
order, none early, terminal states stay final, and what is missing is said by a reset, never passed over.
"""

from collections import deque
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.unit.domain.feed_doubles import FakeNow, WrittenSink, stored

from domain import client_feed
from domain.client_feed import ClientFeed
from domain.events import EventId, Stage, StoredFrame
from domain.ports.client_streams import Replay

REQUESTS = ("r0", "r1")
HOLD = 10.0


class StrictSink(WrittenSink):
    """Fails at the frame that should not have been written now."""

    def __init__(self, now: FakeNow, announced: set[str]) -> None:
        super().__init__()
        self._now = now
        self._announced = announced
        self._ended: dict[str, Stage] = {}
        self.newest = EventId("", 0)

    def write(self, frame: StoredFrame) -> None:
        assert frame.hold_until <= self._now() or frame.request_id in self._announced, "early"
        assert frame.id.epoch == self.newest.epoch, "of another history"
        assert frame.id.offset > self.newest.offset, "repeated or out of order"
        assert not self.moves_backwards(frame), "not final"
        self.newest = frame.id
        if (
            frame.stage in (Stage.RESULT, Stage.TERMINAL)
            and self._ended.get(frame.execution_id) is not Stage.TERMINAL
        ):
            self._ended[frame.execution_id] = frame.stage
        super().write(frame)

    def reset(self, position: EventId) -> None:
        self.newest = position
        super().reset(position)

    def moves_backwards(self, frame: StoredFrame) -> bool:
        ended = self._ended.get(frame.execution_id)
        if ended is None or frame.stage is Stage.NONE:
            return False
        if frame.stage is Stage.RUNNING:
            return True
        is_answer = frame.stage is Stage.RESULT and frame.event == "playbook/result"
        return (ended is Stage.TERMINAL and not is_answer) or (
            frame.stage is Stage.TERMINAL and ended is Stage.TERMINAL
        )


class FeedOnABadNetwork(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.small = patch.object(client_feed, "_HELD_FRAMES", 3)
        self.small.start()
        self.now = FakeNow(1000.0)
        self.announced: set[str] = set()
        self.sink = StrictSink(self.now, self.announced)
        self.history: list[StoredFrame] = []
        self.newest = EventId("e0", 10)
        self.of_client = 10
        self.trimmed = 0
        self.on_the_wire: deque[StoredFrame] = deque()
        self.replay: Replay | None = None
        self.something_is_lost = False
        self.catastrophes = 0

    @initialize(
        position=st.sampled_from([EventId("e0", 10)] * 4 + [EventId("unknown", 0), EventId("e0", 5000)]),
        catches_up=st.booleans(),
    )
    def connect(self, position: EventId, catches_up: bool) -> None:
        self.start = self.sink.newest = position
        self.feed = ClientFeed(position, self.sink, self.now)
        if catches_up:
            self.read_and_receive_history()

    @rule(request=st.sampled_from(REQUESTS), copies=st.integers(1, 2), held=st.booleans())
    def publish_and_arrive(self, request: str, copies: int, held: bool) -> None:
        self.publish(request, Stage.NONE, "playbook/state", held=held, others=copies)
        while len(self.on_the_wire) > 1:
            self.arrive(copies=1)
        self.arrive(copies=copies)

    @rule(
        request=st.sampled_from(REQUESTS),
        stage=st.sampled_from(Stage),
        event=st.sampled_from(["playbook/state", "playbook/result"]),
        held=st.booleans(),
        others=st.integers(0, 2),
    )
    def publish(self, request: str, stage: Stage, event: str, held: bool, others: int) -> None:
        offset = self.newest.offset + 1 + others
        frame = stored(
            offset,
            previous=self.of_client,
            epoch=self.newest.epoch,
            request=request,
            execution=request,
            stage=stage,
            event=event,
            hold_until=self.now() + HOLD if held else 0.0,
        )
        self.newest, self.of_client = frame.id, offset
        self.history.append(frame)
        self.on_the_wire.append(frame)

    @precondition(lambda self: self.on_the_wire)
    @rule(copies=st.integers(1, 2))
    def arrive(self, copies: int) -> None:
        frame = self.on_the_wire.popleft()
        for _ in range(copies):
            self.feed.live(frame)

    @precondition(lambda self: self.on_the_wire)
    @rule()
    def get_lost(self) -> None:
        self.something_is_lost = True
        self.on_the_wire.popleft()

    @rule()
    def reconnect_to_the_store(self) -> None:
        self.feed.gap()

    @precondition(lambda self: self.replay is None and self.feed.needs_replay and self.feed.has_room)
    @rule()
    def read_history(self) -> None:
        after = self.feed.replay_after()
        known = after.epoch == self.newest.epoch and self.trimmed <= after.offset <= self.newest.offset
        frames = [frame for frame in self.history if frame.id.offset > after.offset] if known else []
        self.replay = Replay(frames=frames, reached=self.newest, complete=known)

    @precondition(lambda self: self.replay is not None)
    @rule()
    def receive_history(self) -> None:
        assert self.replay is not None
        self.feed.replayed(self.replay.frames, self.replay.reached, complete=self.replay.complete)
        self.replay = None

    @precondition(lambda self: self.replay is None and self.feed.needs_replay and self.feed.has_room)
    @rule()
    def read_and_receive_history(self) -> None:
        self.read_history()
        self.receive_history()

    @rule(request=st.sampled_from(REQUESTS))
    def announce(self, request: str) -> None:
        self.announced.add(request)
        self.feed.announced(request)

    @rule(seconds=st.sampled_from([1.0, HOLD]))
    def wait(self, seconds: float) -> None:
        self.now.time += seconds
        self.feed.release_due()

    @precondition(lambda self: self.catastrophes < 2)
    @rule()
    def trim(self) -> None:
        self.catastrophes += 1
        self.trimmed = self.of_client
        self.history = []

    @precondition(lambda self: self.catastrophes < 2)
    @rule()
    def lose_everything(self) -> None:
        self.catastrophes += 1
        self.something_is_lost = True
        self.newest = EventId(f"e{int(self.newest.epoch[1:]) + 1}", 0)
        self.history, self.of_client, self.trimmed = [], 0, 0

    @invariant()
    def everything_up_to_the_position_is_with_the_client(self) -> None:
        if hasattr(self, "feed"):
            self._nothing_is_missing(until=self.feed.position)

    def teardown(self) -> None:
        try:
            if hasattr(self, "feed"):
                self._come_to_rest()
                self._nothing_is_missing(until=self.newest)
        finally:
            self.small.stop()

    def _come_to_rest(self) -> None:
        if self.something_is_lost:  # the next frame that arrives shows it
            self.publish("r0", Stage.NONE, "playbook/state", held=False, others=0)
        while self.on_the_wire:
            self.arrive(copies=1)
        for _ in range(len(self.history) + 10):
            if self.replay is not None:
                self.receive_history()
            self.wait(HOLD)
            if not self.feed.needs_replay:
                assert self.feed.held_until is None
                assert self.feed.position.epoch == self.newest.epoch
                return
            self.read_history()
        raise AssertionError("the feed asks for ever")

    def _nothing_is_missing(self, *, until: EventId) -> None:
        begin = self.sink.resets[-1] if self.sink.resets else self.start
        written = {frame.id for frame in self.sink.written}
        for frame in self.history:
            due = begin.epoch == frame.id.epoch == until.epoch and begin.offset < frame.id.offset <= until.offset
            if due and frame.id not in written:
                assert self.sink.moves_backwards(frame), f"{frame.id} was neither written nor overtaken by an end"


FeedOnABadNetwork.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
TestAnyInterleaving = FeedOnABadNetwork.TestCase

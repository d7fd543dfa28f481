from domain.events import EventId, Stage, StoredFrame
from domain.json_values import RawJson

EPOCH = "epoch"


class FakeNow:
    def __init__(self, time: float) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time


class WrittenSink:
    """A wire that remembers what went over it."""

    def __init__(self) -> None:
        self.written: list[StoredFrame] = []
        self.resets: list[EventId] = []

    @property
    def offsets(self) -> list[int]:
        return [frame.id.offset for frame in self.written]

    def write(self, frame: StoredFrame) -> None:
        self.written.append(frame)

    def reset(self, position: EventId) -> None:
        self.resets.append(position)


def stored(
    offset: int,
    *,
    previous: int | None = None,
    epoch: str = EPOCH,
    request: str = "r",
    execution: str = "1",
    stage: Stage = Stage.NONE,
    event: str = "playbook/state",
    hold_until: float = 0.0,
) -> StoredFrame:
    return StoredFrame(
        id=EventId(epoch, offset),
        event=event,
        data=RawJson(b"{}"),
        request_id=request,
        execution_id=execution,
        stage=stage,
        hold_until=hold_until,
        previous=previous,
    )

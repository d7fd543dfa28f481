from domain.events import StoredFrame


class Listener:
    """A stream's serving side that writes down what it is told."""

    def __init__(self) -> None:
        self.frames: list[StoredFrame] = []
        self.announced: list[str] = []
        self.gaps = 0
        self.replacements = 0

    def was_reached(self) -> bool:
        return bool(self.frames)

    def on_frame(self, frame: StoredFrame) -> None:
        self.frames.append(frame)

    def on_announced(self, request_id: str) -> None:
        self.announced.append(request_id)

    def on_gap(self) -> None:
        self.gaps += 1

    def on_replaced(self) -> None:
        self.replacements += 1

"""Parts of open streams."""

from collections.abc import Callable, Coroutine

from domain.clients import Client, ClientId
from domain.events import EventId, Stage, StoredFrame
from domain.identity import Session, SessionToken, User
from domain.json_values import RawJson
from entrypoints.http.events.connection import EventConnection, StreamTiming

CLIENT_ID = ClientId("home1", "abcdefghijklmnop")
CLIENT = Client(client_id=CLIENT_ID, user_id=7, position=EventId("epoch1", 40))


def a_session(user_id: int = 7, token: str = "token") -> Session:
    user = User(user_id=user_id, email="ada@example.test", display_name="Ada")
    return Session(token=SessionToken(token, True), user=user)


def a_frame(offset: int = 41, event: str = "playbook/state", data: bytes = b'{"a":1}') -> StoredFrame:
    return StoredFrame(
        id=EventId("epoch1", offset), event=event, data=RawJson(data), request_id="r", stage=Stage.RUNNING
    )


class NotedWriter:
    """Keeps what it is told to write; `stuck` is what the client does not take."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.finished = False
        self.stuck = False

    @property
    def pending_bytes(self) -> int:
        return sum(map(len, self.written)) if self.stuck else 0

    @property
    def all_received(self) -> bool:
        return not self.stuck

    def write(self, chunk: bytes) -> None:
        assert not self.finished
        self.written.append(chunk)

    def finish(self) -> None:
        assert not self.finished
        self.finished = True

    def outlive(self, afterwards: Callable[[], Coroutine[object, object, None]]) -> bool:
        raise AssertionError("the connection only writes; its application waits for the end")

    async def gone(self) -> None:
        raise AssertionError("the connection only writes; its application waits for the end")


class Time:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def a_connection(
    writer: NotedWriter,
    monotonic: Callable[[], float],
    *,
    heartbeat: float = 30.0,
    buffer_bytes: int = 1000,
    ends: float | None = None,
) -> EventConnection:
    return EventConnection(
        client=CLIENT,
        session=a_session(),
        writer=writer,
        timing=StreamTiming(heartbeat=heartbeat),
        buffer_bytes=buffer_bytes,
        monotonic=monotonic,
        ends=ends,
    )

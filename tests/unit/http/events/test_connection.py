"""One stream on the wire: pings, keep-alive, slow readers and the end."""

from tests.unit.http.events.streams import CLIENT, CLIENT_ID, NotedWriter, Time, a_connection, a_frame

from entrypoints.http.events import sse


def test_frames_are_written_as_events_at_once() -> None:
    writer = NotedWriter()
    connection = a_connection(writer, Time())
    connection.write(a_frame())
    connection.reset(CLIENT.position)
    assert writer.written == [sse.frame(a_frame(), sse.named(CLIENT_ID)), sse.reset(CLIENT.position, CLIENT)]


def run(writer: NotedWriter, time: Time, until: float, heartbeat: float = 30) -> list[tuple[float, bytes]]:
    """What is written when, if the connection is called exactly when it wants to be."""
    connection = a_connection(writer, time, heartbeat=heartbeat)
    written: list[tuple[float, bytes]] = []
    due = connection.on_time(time.now)
    while due is not None and due <= until:
        time.now = due
        due = connection.on_time(time.now)
        written += [(time.now - 1000, chunk) for chunk in writer.written]
        writer.written.clear()
    return written


def test_a_silent_stream_is_pinged_and_kept_alive_in_between() -> None:
    assert run(NotedWriter(), Time(), 1061) == [
        (15, sse.KEEP_ALIVE),
        (30, sse.PING),
        (45, sse.KEEP_ALIVE),
        (60, sse.PING),
    ]


def test_a_stream_that_is_pinged_often_needs_no_other_sign_of_life() -> None:
    assert run(NotedWriter(), Time(), 1021, heartbeat=5) == [(at, sse.PING) for at in (5, 10, 15, 20)]


def test_a_stream_with_rare_pings_is_kept_alive_all_the_more() -> None:
    written = run(NotedWriter(), Time(), 1061, heartbeat=60)
    assert written == [(15, sse.KEEP_ALIVE), (30, sse.KEEP_ALIVE), (45, sse.KEEP_ALIVE), (60, sse.PING)]


def test_frames_put_the_next_sign_of_life_off_but_not_the_ping() -> None:
    writer, time = NotedWriter(), Time()
    connection = a_connection(writer, time)
    time.now = 1014
    connection.write(a_frame())
    assert connection.on_time(1015) == 1029
    assert len(writer.written) == 1
    time.now = 1029
    connection.on_time(1029)
    assert writer.written[1:] == [sse.KEEP_ALIVE]
    time.now = 1030
    connection.on_time(1030)
    assert writer.written[2:] == [sse.PING]


def test_after_a_stall_one_ping_makes_up_for_all_that_were_missed() -> None:
    writer, time = NotedWriter(), Time()
    connection = a_connection(writer, time)
    time.now = 1100
    assert connection.on_time(1100) == 1115
    assert writer.written == [sse.PING]
    assert connection.next_ping == 1120


def test_a_slow_reader_is_let_go() -> None:
    writer = NotedWriter()
    connection = a_connection(writer, Time(), buffer_bytes=300)
    writer.stuck = True
    for _ in range(2):
        connection.write(a_frame(data=b"x" * 200))
        assert not writer.finished
    connection.write(a_frame(data=b"x" * 200))
    assert (connection.closed_for, writer.finished) == ("slow", True)
    connection.write(a_frame())
    assert len(writer.written) == 2


def test_one_frame_of_any_size_goes_through_so_that_a_large_result_cannot_be_stuck_for_ever() -> None:
    writer = NotedWriter()
    connection = a_connection(writer, Time(), buffer_bytes=300)
    writer.stuck = True
    connection.write(a_frame(data=b"x" * 100_000))
    assert (connection.closed_for, len(writer.written)) == (None, 1)


def test_a_stream_ends_with_its_session() -> None:
    writer, time = NotedWriter(), Time()
    connection = a_connection(writer, time, ends=1005.5)
    assert connection.on_time(1000) == 1005.5
    assert connection.on_time(1005.5) is None
    assert (connection.closed_for, writer.finished, writer.written) == ("ended", True, [])


def test_a_session_that_is_over_already_ends_its_stream_at_once() -> None:
    writer = NotedWriter()
    assert a_connection(writer, Time(), ends=0.0).on_time(1000) is None
    assert writer.finished


def test_the_first_reason_to_end_is_the_reason() -> None:
    writer = NotedWriter()
    connection = a_connection(writer, Time())
    connection.close("drained", sse.retry_hint(700))
    connection.close("replaced", sse.retry_hint(1))
    assert (connection.closed_for, writer.written) == ("drained", [b"retry: 700\n\n"])
    assert connection.on_time(2000) is None
    connection.write(a_frame())
    connection.reset(CLIENT.position)
    connection.put(sse.PING)
    assert writer.written == [b"retry: 700\n\n"]

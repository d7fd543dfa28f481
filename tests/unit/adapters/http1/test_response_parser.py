import httptools
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.adapters.http1.listening import Listener, parse
from tests.unit.adapters.http1.test_trouble import BROKEN, SHORT

from adapters.noetl.http1.limits import ParserLimits
from adapters.noetl.http1.malformed import MalformedAnswer
from adapters.noetl.http1.response_parser import ResponseParser

FINE = {
    "a length": b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX: y\r\n\r\nhello\r\n\r\nyou",
    "no body": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;x=y\r\nhe\r\no\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\n",
    "no chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n000\r\n\r\n",
    "interim": b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\na: b\r\n\r\nHTTP/1.1 201 OK\r\nContent-Length: 2\r\n\r\nok",
    "until close": b"HTTP/1.0 200 OK\r\nX: y\r\n\r\nhello\r\n\r\nyou",
    "no content": b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
    "no reason": b"HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx",
}
SMALL = {name: answer for name, answer in (FINE | SHORT | BROKEN).items() if len(answer) < 2000}


@pytest.mark.parametrize("answer", SMALL.values(), ids=SMALL)
def test_an_answer_means_the_same_wherever_it_is_split_in_two(answer: bytes) -> None:
    whole = parse(answer)
    for at in range(1, len(answer)):
        assert parse(answer[:at], answer[at:]) == whole, at


@pytest.mark.parametrize("answer", SMALL.values(), ids=SMALL)
def test_an_answer_means_the_same_when_it_comes_byte_by_byte(answer: bytes) -> None:
    assert parse(*(answer[at : at + 1] for at in range(len(answer)))) == parse(answer)


@pytest.mark.parametrize("answer", FINE.values(), ids=FINE)
def test_a_flawless_answer_is_complete(answer: bytes) -> None:
    assert parse(answer)[0] == "complete"


@pytest.mark.parametrize("answer", FINE.values(), ids=FINE)
def test_an_answer_that_is_cut_short_is_never_complete(answer: bytes) -> None:
    if answer != FINE["until close"]:
        assert {parse(answer[:at])[0] for at in range(len(answer))} == {"broken off"}


@pytest.mark.parametrize("answer", FINE.values(), ids=FINE)
@pytest.mark.parametrize("extra", [b"\r\n", b"\n", b" ", b"0", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_with_anything_after_it_is_refused(answer: bytes, extra: bytes) -> None:
    if answer != FINE["until close"]:
        assert parse(answer + extra)[0] == "malformed"
        assert parse(answer, extra)[0] == "malformed"


def test_an_answer_that_is_too_long_in_its_first_read_is_refused_before_its_head_is_told() -> None:
    parser, listener = ResponseParser(ParserLimits()), Listener()
    parser.begin(answers_head=False)
    with pytest.raises(MalformedAnswer):
        parser.feed(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab", listener)
    assert listener.head is None


def test_an_answer_to_head_ends_with_its_head() -> None:
    for framing in (b"content-length: 5", b"transfer-encoding: chunked", b"x: y"):
        head = b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n"
        assert parse(head, answers_head=True)[::3] == ("complete", b"")
        assert parse(head + b"x", answers_head=True)[0] == "malformed"


def test_the_bounds_are_to_the_byte_and_to_the_header() -> None:
    limits = ParserLimits(max_head_bytes=100, max_headers=3)
    frame = len(b"HTTP/1.1 204 x\r\na: \r\n\r\n")
    for excess, outcome in ((0, "complete"), (1, "malformed")):
        answer = b"HTTP/1.1 204 x\r\na: " + b"y" * (100 - frame + excess) + b"\r\n\r\n"
        assert parse(answer, limits=limits)[0] == outcome
        assert parse(*(answer[at : at + 1] for at in range(len(answer))), limits=limits)[0] == outcome
        flood = b"HTTP/1.1 204 x\r\n" + b"a: b\r\n" * (3 + excess) + b"\r\n"
        assert parse(flood, limits=limits)[0] == outcome


def test_many_small_chunks_in_one_read_are_one_piece_of_body() -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    assert parse(head + b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n")[3] == b"x" * 50_000


def llhttp(answer: bytes) -> tuple[bool, bytes] | None:
    """What the C parser makes of the same bytes: whether complete, and the body; None if it refuses."""

    class Calls:
        body = b""
        complete = False

        def on_body(self, chunk: bytes) -> None:
            self.body += chunk

        def on_message_complete(self) -> None:
            self.complete = True

    calls = Calls()
    try:
        httptools.HttpResponseParser(calls).feed_data(answer)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    return calls.complete, calls.body


FRAMING = st.sampled_from(
    [
        b"0",
        b"1",
        b"5",
        b"a",
        b"F",
        b"10",
        b"\r\n",
        b"\r",
        b"\n",
        b";",
        b" ",
        b"\t",
        b"x",
        b"hello",
        b"-",
        b"a: b",
        b"0x",
    ]
)


@settings(max_examples=500)
@given(body=st.lists(FRAMING, max_size=14).map(b"".join))
@example(b"5\r\nhello\r\n0\r\n\r\n")
@example(b"1;x\r\na\r\n0\r\n\r\n")
def test_whatever_chunks_are_accepted_the_c_parser_reads_the_same(body: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + body
    outcome, _, _, decoded = parse(answer)
    if outcome == "complete":
        assert llhttp(answer) == (True, decoded)


MUTATIONS = st.sampled_from(
    [b"\r\n", b"\r", b"\n", b"\x00", b" ", b":", b",", b"0", b"1", b"\xff", b"HTTP/1.1 ", b""]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    answer = draw(st.sampled_from(sorted(FINE.values())))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(answer)))
        answer = answer[:at] + draw(MUTATIONS) + answer[at + draw(st.integers(0, 3)) :]
    return answer


@settings(max_examples=500)
@given(answer=mutated(), data=st.data())
def test_a_mutated_answer_is_understood_alike_however_it_is_split(answer: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=4)))
    pieces = [answer[start:end] for start, end in zip([0, *cuts], [*cuts, len(answer)], strict=True)]
    assert parse(*(piece for piece in pieces if piece)) == parse(answer)


@settings(max_examples=500)
@given(answer=mutated())
@example(FINE["chunks"].replace(b"5;", b"5 ;"))
@example(FINE["chunks"].replace(b"5;", b"5; "))
@example(FINE["chunks"].replace(b"5;", b'5;a="b;c";'))
def test_what_is_accepted_of_a_mutated_answer_the_c_parser_reads_the_same(answer: bytes) -> None:
    outcome, _, _, body = parse(answer)
    if outcome == "complete" and b"HTTP/1.1 1" not in answer:
        read = llhttp(answer)
        assert read is not None and read[1] == body


@given(pieces=st.lists(st.binary(min_size=1, max_size=40), max_size=4))
def test_no_bytes_at_all_make_the_parser_fail(pieces: list[bytes]) -> None:
    assert parse(*pieces)[0] in ("complete", "broken off", "malformed")

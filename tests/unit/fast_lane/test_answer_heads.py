from adapters.noetl.http1.response_head import ResponseHead
from entrypoints.http.fast_lane.answer_heads import AnswerHeads, WrittenHead

DATED = [(b"date", b"Tue, 24 Nov 2026 10:00:00 GMT")]
CORS = ((b"vary", b"origin"),)
BASE = "http://noetl:8082"


def head() -> ResponseHead:
    return ResponseHead(200, ((b"content-length", b"2"),), 2, False, True)


def written(text: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> WrittenHead:
    return WrittenHead(text, False, 2, DATED, CORS, BASE)


def test_a_head_that_comes_again_is_written_as_before() -> None:
    heads, answer = AnswerHeads(), head()
    assert heads.get(answer, DATED, CORS, BASE) is None
    heads.keep(answer, written())
    assert heads.get(answer, DATED, CORS, BASE) == written()


def test_another_head_of_the_same_content_is_not_taken_for_it() -> None:
    heads = AnswerHeads()
    heads.keep(head(), written())
    assert heads.get(head(), DATED, CORS, BASE) is None


def test_a_new_date_other_cors_headers_and_another_server_ask_for_a_new_text() -> None:
    heads, answer = AnswerHeads(), head()
    heads.keep(answer, written())
    assert heads.get(answer, list(DATED), CORS, BASE) is None
    assert heads.get(answer, DATED, ((b"vary", b"*"),), BASE) is None
    assert heads.get(answer, DATED, CORS, "http://other:8082") is None


def test_what_is_kept_is_bounded_in_number_and_size() -> None:
    heads = AnswerHeads()
    many = [head() for _ in range(2000)]
    for answer in many:
        heads.keep(answer, written())
    assert sum(heads.get(answer, DATED, CORS, BASE) is not None for answer in many) <= 512
    assert heads.get(many[-1], DATED, CORS, BASE) is not None
    large = head()
    heads.keep(large, written(b"x" * 4096))
    assert heads.get(large, DATED, CORS, BASE) is None

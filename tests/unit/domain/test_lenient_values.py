"""Every row of wire 2.4: what a field may look like, and what it means."""

import pytest

from domain import lenient
from domain.json_values import JsonValue


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (7, 7),
        ("7", 7),
        (" 7 ", 7),
        ("-7", -7),
        (7.0, 7),
        (2**62, 2**62),
        (str(2**62), 2**62),
        (7.5, None),
        ("7.5", None),
        ("", None),
        ("x", None),
        ("\u0667", None),
        ("1" * 20, None),
        (True, None),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        ([7], None),
    ],
)
def test_an_integer_may_be_spelled_in_many_ways(given: JsonValue, meant: int | None) -> None:
    assert lenient.integer(given) == meant


@pytest.mark.parametrize("given", [True, "true", "True", "TRUE", " true ", "1", 1])
def test_a_flag_is_raised_by_true_and_one(given: JsonValue) -> None:
    assert lenient.flag(given) is True


@pytest.mark.parametrize(
    "given", [False, "false", "False", "0", 0, 2, -1, 1.5, "yes", "", None, "none", [], [1], {}, {"a": 1}]
)
def test_a_flag_is_not_raised_by_anything_else(given: JsonValue) -> None:
    assert lenient.flag(given) is False


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["admin", "user"], ("admin", "user")),
        (["admin", 7, None, {"a": 1}, "none", ""], ("admin",)),
        ('["admin", "user"]', ("admin", "user")),
        ("['admin', 'user']", ("admin", "user")),
        ("['admin', None]", ("admin",)),
        ("['it''s']", ("its",)),
        ("{admin,user}", ("admin", "user")),
        ('{"admin",user, }', ("admin", "user")),
        ("{}", ()),
        ("{NULL}", ()),
        ("[]", ()),
        ("", ()),
        ("  ", ()),
        ("none", ()),
        ("None", ()),
        ("null", ()),
        (None, ()),
        ("admin", ("admin",)),
        (" admin ", ("admin",)),
        ("[broken", ("[broken",)),
        (7, ()),
        (True, ()),
        ({"admin": True}, ()),
    ],
)
def test_roles_may_be_a_list_or_its_text_or_an_array_or_one_role(given: JsonValue, meant: tuple[str, ...]) -> None:
    assert lenient.roles(given) == meant


@pytest.mark.parametrize(
    "given",
    [
        {"user_id": 7, "display_name": None},
        '{"user_id": 7, "display_name": null}',
        "{'user_id': 7, 'display_name': None}",
        '{"user_id": 7, "display_name": none}',
        '{"user_id": 7, "display_name": undefined}',
        '  {"user_id": 7, "display_name":none}\n',
    ],
)
def test_an_object_may_be_json_or_python_or_minijinja_text(given: JsonValue) -> None:
    assert lenient.mapping(given) == {"user_id": 7, "display_name": None}


@pytest.mark.parametrize(
    "given",
    [
        None,
        7,
        [],
        "[1]",
        "7",
        "text",
        "",
        "{",
        "{'a': __import__('os')}",
        "{'a': open('x')}",
        "{'a': b'x'}",
        "{1, 2}",
        "{'a': 0x" + "f" * 5000 + "}",
    ],
)
def test_what_spells_no_object_is_none(given: JsonValue) -> None:
    assert lenient.mapping(given) is None


def test_words_inside_quotes_are_left_alone() -> None:
    source = """{"message": "true, none and null", 'other': 'none}', "flag": true, "nothing": none}"""

    assert lenient.mapping(source) == {
        "message": "true, none and null",
        "other": "none}",
        "flag": True,
        "nothing": None,
    }


def test_minijinja_text_may_hold_the_escapes_of_rust() -> None:
    source = r'{"name": "Jose\u{301} \"J\" O\'B\\u{301} \0001", "x": none}'

    assert lenient.mapping(source) == {"name": 'Jose\u0301 "J" O\'B\\u{301} \x00001', "x": None}


@pytest.mark.parametrize("depth", ["[" * 100_000, "-" * 100_000 + "1", "(" * 100_000, '{"a":' * 50_000])
def test_absurd_text_is_just_text(depth: str) -> None:
    assert lenient.literal(depth) == depth


@pytest.mark.parametrize(
    "spelled", [r'{"email": "\ud800@b.c"}', r"{'email': '\ud800@b.c'}", r'{"email": "\u{d800}@b.c"}']
)
def test_half_a_surrogate_pair_is_replaced_for_nobody_could_pass_it_on(spelled: str) -> None:
    assert lenient.mapping(spelled) == {"email": "\ufffd@b.c"}


def test_a_whole_surrogate_pair_is_its_letter() -> None:
    for spelled in (r'{"\ud83d\ude00": ["\ud83d\ude00"]}', r"{'\ud83d\ude00': ['\ud83d\ude00']}"):
        assert lenient.mapping(spelled) == {"\U0001f600": ["\U0001f600"]}


def test_unclosed_quotes_do_not_take_quadratic_time() -> None:
    hostile = '{"a": none, "' + '\\"' * 120_000

    assert lenient.mapping(hostile) is None


def test_an_enormous_text_is_not_looked_into() -> None:
    assert lenient.mapping('{"a": "' + "x" * 300_000 + '"}') is None


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("abc", "abc"),
        (12345678901234567890123456789012, "12345678901234567890123456789012"),
        (0, "0"),
        ("0", "0"),
        (True, None),
        (1.5, None),
        (None, None),
        ("none", None),
        ("None", None),
        ("null", None),
        ("undefined", None),
        ("", None),
        (" ", None),
        ([], None),
    ],
)
def test_text_may_have_become_a_number_or_a_word_for_nothing(given: JsonValue, meant: str | None) -> None:
    assert lenient.text(given) == meant


@pytest.mark.parametrize(
    ("given", "meant"),
    [(0.5, 0.5), (1, 1.0), ("0.5", 0.5), (" 40 ", 40.0), ("x", None), (None, None), (True, None), ("nan", None)],
)
def test_a_number_may_be_text(given: JsonValue, meant: float | None) -> None:
    assert lenient.number(given) == meant


@pytest.mark.parametrize("given", [float("inf"), 10**400, "1e999"])
def test_a_number_that_is_none_is_none(given: JsonValue) -> None:
    assert lenient.number(given) is None

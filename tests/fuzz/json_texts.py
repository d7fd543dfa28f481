"""JSON to the letter, and JSON that a blind search comes upon."""

import json
from contextlib import suppress


def is_json(text: bytes) -> bool:
    """UTF-8, and no NaN."""
    try:
        json.loads(text.decode("utf-8"), parse_constant=_refuse)
    except ValueError:
        return False
    return True


def object_of(lines: bytes) -> bytes:
    """The object that has a member for each line, `name: value`; a value that is no JSON is taken for text.

    Almost every change of such lines gives another object, whereas almost every change of JSON breaks it.
    """
    members = [line.partition(b":") for line in lines.split(b"\n")]
    return b"{%b}" % b",".join(b"%b:%b" % (_text(name), _value(value)) for name, _, value in members)


def _value(source: bytes) -> bytes:
    with suppress(ValueError, RecursionError):
        json.loads(source)
        return source
    return _text(source)


def _text(source: bytes) -> bytes:
    """Broken UTF-8 stays broken."""
    return b'"%b"' % b"".join(
        b"\\u%04x" % byte if byte < 0x20 or byte in b'"\\' else b"%c" % byte for byte in source.strip()
    )


def _refuse(constant: str) -> None:
    raise ValueError(constant)

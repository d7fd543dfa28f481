"""Every lenient reading of what playbooks write, in one place (wire 2.4).

Two generations of workers render templates by different rules, so one field comes as a number, as text, as
Python or minijinja source, or as the word `none`. Whatever is not understood is the safe value: no role, not valid.
"""

import ast
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from domain.identity import Session, SessionToken, User
from domain.json_values import JsonObject, JsonValue

_NOTHING = frozenset({"", "none", "null", "undefined"})
_BARE_NULL = re.compile(r"(?<=[\[{,:\s])(none|undefined|null)(?=\s*[,}\]])")
_BARE_BOOL = re.compile(r"(?<=[\[{,:\s])(true|false)(?=\s*[,}\]])")
# An unclosed quote swallows the rest, else each one would be tried again: quadratic in hostile text.
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*(?:\"|\Z)|'(?:\\.|[^'\\])*(?:'|\Z)", re.DOTALL)
_RUST_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|(.))", re.DOTALL)
_SHORT_OFFSET = re.compile(r"([+-]\d\d)(?::?(\d\d))?$")
_FRACTION = re.compile(r"\.(\d{1,9})")
_MAX_LITERAL = 262_144
_MAX_INTEGER_BITS = 4096
"""Python spells integers in hexadecimal, too, without a bound, but cannot write long ones in decimal."""

NO_MOMENT = 0.0
"""The end, in epoch seconds, of what ends at an unreadable time: it has passed."""


def text(value: JsonValue) -> str | None:
    """Text, or the decimal text of an integer; null and its spellings are None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and value.strip().lower() not in _NOTHING:
        return value
    return None


def flag(value: JsonValue) -> bool:
    """True only for true, `"true"`, `"1"` and 1; anything else is False."""
    if isinstance(value, str):
        return value.strip().lower() in ("true", "1")
    return value is True or (isinstance(value, int) and value == 1)


def integer(value: JsonValue) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        stripped = value.strip()
        return int(stripped) if re.fullmatch(r"-?[0-9]{1,19}", stripped, re.ASCII) else None
    return value if isinstance(value, int) else None


def number(value: JsonValue) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value.strip())
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def mapping(value: JsonValue) -> JsonObject | None:
    """An object, or text that holds one as JSON, as a Python literal or as minijinja prints it."""
    if isinstance(value, str):
        value = literal(value)
    return value if isinstance(value, Mapping) else None


def literal(source: str) -> JsonValue:
    """The value that `source` spells in JSON, Python or minijinja; `source` itself if it spells none."""
    stripped = source.strip()
    if len(stripped) > _MAX_LITERAL:
        return source
    try:
        parsed: JsonValue = json.loads(stripped)
        return _plain(parsed) if "\\u" in stripped else parsed
    except (ValueError, RecursionError):
        pass
    try:
        return _plain(ast.literal_eval(_outside_quotes(stripped)))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return source


def _outside_quotes(source: str) -> str:
    """`source` with bare `none`, `true`, ... replaced by Python's words, quoted text left alone."""
    parts: list[str] = []
    end = 0
    for quoted in _QUOTED.finditer(source):
        parts += (_pythonic(source[end : quoted.start()] + " "), _RUST_ESCAPE.sub(_python_escape, quoted[0]))
        end = quoted.end()
    return "".join((*parts, _pythonic(source[end:])))


def _python_escape(escape: re.Match[str]) -> str:
    """minijinja prints text as Rust does, `\\u{301}` and `\\0` included."""
    if escape[1]:
        return f"\\U{int(escape[1], 16):08x}"
    return "\\x00" if escape[2] == "0" else escape[0]


def _pythonic(source: str) -> str:
    return _BARE_BOOL.sub(lambda word: word[1].title(), _BARE_NULL.sub("None", source))


def _plain(value: object) -> JsonValue:
    if isinstance(value, str):
        return _without_half_pairs(value)
    if isinstance(value, Mapping):
        return {_without_half_pairs(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, int) and value.bit_length() <= _MAX_INTEGER_BITS:
        return value
    if value is None or isinstance(value, float):
        return value
    raise ValueError("not a JSON value")


def _without_half_pairs(value: str) -> str:
    """Escapes can spell half a surrogate pair, which is no UTF-8, so that no answer and no store would take it."""
    return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def roles(value: JsonValue) -> tuple[str, ...]:
    """A list, its text in JSON or Python, a PostgreSQL array `{a,b}`, or one role; else none."""
    if isinstance(value, str):
        return _roles_in(value.strip())
    if isinstance(value, Mapping) or not isinstance(value, list | tuple):
        return ()
    return tuple(role for role in value if isinstance(role, str) and role.strip().lower() not in _NOTHING)


def _roles_in(source: str) -> tuple[str, ...]:
    if source.lower() in _NOTHING:
        return ()
    if source.startswith("["):
        parsed = literal(source)
        return roles(parsed) if not isinstance(parsed, str) else (source,)
    if source.startswith("{") and source.endswith("}"):
        names = (part.strip().strip('"') for part in source[1:-1].split(","))
        return tuple(name for name in names if name and name.lower() not in _NOTHING)
    return (source,)


def expiry(value: JsonValue) -> tuple[str, float | None]:
    """The text for clients and the moment in epoch seconds; `("", None)` when it is not known.

    Text that is no moment is kept for clients but has already passed: a session must not live because of it.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch_expiry(value)
    shown = text(value)
    if shown is None:
        return "", None
    if re.fullmatch(r"[0-9]{9,14}(\.[0-9]+)?", shown.strip(), re.ASCII):
        return _epoch_expiry(float(shown))
    return shown, parse_expiry(shown)


def _epoch_expiry(value: float) -> tuple[str, float]:
    try:
        moment = value / 1000 if value > 1e11 else float(value)
        return datetime.fromtimestamp(moment, UTC).isoformat(), moment
    except (OverflowError, ValueError, OSError):
        return "", NO_MOMENT


def parse_expiry(shown: str) -> float:
    """Epoch seconds of `2026-01-28 22:11:41.335589+00`, ISO 8601 and what lies between; 0.0 for anything else."""
    plain = shown.strip().replace(" ", "T", 1).removesuffix("Z").removesuffix("z")
    plain = _SHORT_OFFSET.sub(lambda m: f"{m[1]}:{m[2] or '00'}", plain) if "T" in plain else plain
    plain = _FRACTION.sub(lambda m: f".{m[1][:6]:0<6}", plain)
    try:
        moment = datetime.fromisoformat(plain)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return NO_MOMENT


def user(value: JsonValue, *, default_id: int | None = None) -> User | None:
    """None without an e-mail, or without a numeric id where there is no `default_id`."""
    fields = mapping(value)
    if fields is None:
        return None
    email = text(fields.get("email"))
    user_id = integer(fields.get("user_id"))
    if user_id is None:
        user_id = default_id
    if email is None or user_id is None:
        return None
    return User(
        user_id=user_id,
        email=email,
        display_name=text(fields.get("display_name")) or email,
        roles=roles(fields.get("roles")),
    )


def decode_session(value: JsonValue, token: SessionToken) -> Session | None:
    """A session as playbooks or gateways stored it under `token`; None if it is unusable or another token's."""
    fields = mapping(value)
    if fields is None:
        return None
    stored = text(fields.get("session_token"))
    owner = user(fields)
    if owner is None or (stored is not None and stored != token.text):
        return None
    expires_at, ends_at = expiry(fields.get("expires_at"))
    return Session(
        token=token,
        user=owner,
        expires_at=expires_at,
        ends_at=ends_at,
        is_active=flag(fields.get("is_active")),
    )

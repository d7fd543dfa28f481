from urllib.parse import unquote_to_bytes

_MAX_LENGTH = 128


def listener_name(segment: bytes) -> str | None:
    """The name in a path segment, percent-decoded once; None for what no listener can be called (D35).

    A listener is the last segment of a subscription's path in UTF-8. What is no such segment never reaches NoETL,
    where it would become part of a URL again: slashes, `.` and `..`, control characters, over 128 characters.
    """
    try:
        name = unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not 0 < len(name) <= _MAX_LENGTH or name in (".", "..") or name != name.strip():
        return None
    return name if name.isprintable() and "/" not in name and "\\" not in name else None

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ParserLimits:
    """`max_head_bytes` bounds one answer's head, interim (1xx) heads included, and chunk framing between two
    bytes of body; `max_headers` counts the lines of one head."""

    max_head_bytes: int = 65536
    max_headers: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Seconds. `silence_timeout` runs while the upstream is expected to speak or to take bytes, `idle_timeout`
    while the connection is kept for a next request."""

    silence_timeout: float = 120.0
    idle_timeout: float = 30.0
    parser: ParserLimits = ParserLimits()

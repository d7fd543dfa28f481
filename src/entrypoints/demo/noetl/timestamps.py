"""The four ways in which a NoETL server writes times. All times are in UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def iso_text(moment: datetime) -> str:
    """HTTP bodies and the login callback: `2026-11-24T18:04:15.313969+00:00`."""
    return moment.isoformat(timespec="microseconds")


def event_text(moment: datetime) -> str:
    """Event rows: `2026-11-23 18:04:07.391373+00:00`."""
    return moment.isoformat(sep=" ", timespec="microseconds")


def postgres_text(moment: datetime) -> str:
    """PostgreSQL's `timestamptz::text`, in the validate replies: `2026-11-24 18:02:33.1+00`."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".") + "+00"


def duration_text(seconds: float) -> str:
    """`duration_human`: `1s`, `2m 5s`, `1h 1s`."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else ""]
    if rest or not any(parts):
        parts.append(f"{rest}s")
    return " ".join(part for part in parts if part)

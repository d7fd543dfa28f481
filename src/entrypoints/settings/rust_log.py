"""RUST_LOG: deployments of the original set it, in the syntax of its filters (wire 10)."""

LEVELS = {
    "trace": "debug",
    "debug": "debug",
    "info": "info",
    "warn": "warning",
    "warning": "warning",
    "error": "error",
    "off": "error",
}
"""What severities are called there and here."""


def level_of_filter(text: str) -> str:
    """The general level of a filter such as `info,gateway=debug`; `info` where it has none.

    Whatever else it holds is no mistake: nothing has ever read it.
    """
    return next((LEVELS[word] for part in text.split(",") if (word := part.strip().lower()) in LEVELS), "info")

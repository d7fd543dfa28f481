"""What a test can make go wrong in the simulated server."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Faults:
    """Set the fields at any time; each is looked at when its moment comes. Times are seconds."""

    callback_delay: float = 0.0
    """Pause before a playbook's final callback."""
    callback_suppressed: bool = False
    """Final callbacks are never sent."""
    callback_copies: int = 1
    """How often each final callback is sent."""
    callback_before_reply: bool = False
    """`POST /api/execute` is answered only after the final callback was delivered (at most 10 s later)."""
    execute_delay: float = 0.0
    """Pause before `POST /api/execute` starts anything; it starts even when the caller has gone by then."""
    integer_execution_id: bool = False
    """`POST /api/execute` answers `execution_id` as a JSON number."""
    event_type_subjects: bool = False
    """Events go out under `noetl.events.<event_type>`, the Rust server's subjects."""
    database_down: bool = False
    """Whatever needs the sessions' database fails, in the sync API and in the callbacks."""
    premature_completion: bool = False
    """`/status` calls a running execution completed (`completion_inferred`), as between two steps."""
    reply_status: int | None = None
    """Every request is answered with this status (say 500 or 503) and nothing is done."""
    reply_delay: float = 0.0
    """Pause before any request is handled."""

"""Why connections end, as graphql-ws numbers it."""

from domain.errors import BackEndTrouble, GatewayError, NotAuthenticated, TooManyRequests
from entrypoints.http.stream_life import Ending
from entrypoints.http.websocket.socket import GOING_AWAY, TRY_AGAIN, End

UNAUTHORIZED = 4401
FORBIDDEN = 4403
NOT_ACKNOWLEDGED = End(code=UNAUTHORIZED, reason="Unauthorized")
NO_PROTOCOL = End(code=4406, reason="Subprotocol not acceptable")
INIT_TIMEOUT = End(code=4408, reason="Connection initialisation timeout")
INIT_TWICE = End(code=4429, reason="Too many initialisation requests")
_LONGEST_REASON = 123
"""Bytes that a close frame has for it."""


def bad_message(problem: str) -> End:
    return End(code=4400, reason=problem)


def id_in_use(operation_id: str) -> End:
    reason = f"Subscriber for {operation_id} already exists"
    return End(code=4409, reason=reason.encode()[:_LONGEST_REASON].decode("utf-8", "ignore"))


def refusal(error: GatewayError) -> End:
    if isinstance(error, NotAuthenticated):
        return End(code=UNAUTHORIZED, reason=error.code)
    if isinstance(error, BackEndTrouble | TooManyRequests):
        return End(code=TRY_AGAIN, reason=error.code)
    return End(code=FORBIDDEN, reason=error.code)


def end_of(ending: Ending) -> End:
    code = UNAUTHORIZED if ending.of_session else GOING_AWAY
    return End(code=code, reason=ending.value, word=ending.word)

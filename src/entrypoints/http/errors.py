"""The one table from the domain's errors to what HTTP clients see."""

import logging
import math

import msgspec

from domain import errors
from entrypoints.http.asgi import JSON, TEXT, RawHeaders, Send, respond

log = logging.getLogger(__name__)

STATUS: dict[type[errors.GatewayError], int] = {
    errors.TokenMissing: 401,
    errors.SessionInvalid: 401,
    errors.CredentialsRejected: 401,
    errors.PlaybookDenied: 403,
    errors.RouteDenied: 403,
    errors.ClientNotOwned: 403,
    errors.OriginDenied: 403,
    errors.CallbackDenied: 403,
    errors.PathRefused: 400,
    errors.RequestMalformed: 400,
    errors.BodyTooLarge: 413,
    errors.TooManyRequests: 429,
    errors.RequestUnknown: 404,
    errors.AuthBackEndUnavailable: 503,
    errors.AuthBackEndFailed: 502,
    errors.AuthReplyMalformed: 500,
    errors.IdentityKeysUnavailable: 503,
    errors.IdentityNotConfigured: 503,
    errors.StoreUnavailable: 503,
    errors.UpstreamUnreachable: 502,
    errors.UpstreamTimedOut: 504,
    errors.UpstreamMisbehaved: 502,
    errors.UpstreamSuspended: 503,
    errors.ExecutionRefused: 502,
}

UNEXPECTED = b'{"error":"The gateway made a mistake. It has been logged; please try again."}'
_encode = msgspec.json.Encoder().encode


def status_of(error: errors.GatewayError) -> int:
    return STATUS[type(error)]


def headers_of(error: errors.GatewayError) -> RawHeaders:
    """The stable code travels in a header: clients know the bodies as they are (wire 0)."""
    code = (b"x-error-code", error.code.encode())
    if isinstance(error, errors.TooManyRequests):
        return (code, (b"retry-after", str(max(1, math.ceil(error.retry_after))).encode()))
    if STATUS[type(error)] == 503:
        return (code, (b"retry-after", b"2"))
    return (code,)


def error_body(error: errors.GatewayError) -> bytes:
    return _encode({"error": str(error)})


async def respond_with_error(send: Send, error: errors.GatewayError) -> None:
    """As JSON `{"error"}`; a missing or dead session as the bare sentence that clients know (wire 1.1)."""
    if isinstance(error, errors.TokenMissing | errors.SessionInvalid):
        await respond(send, 401, str(error).encode(), TEXT, headers_of(error))
        return
    if isinstance(error, errors.BackEndTrouble):
        log.warning("request failed: %s", error.code)
    await respond(send, status_of(error), error_body(error), JSON, headers_of(error))

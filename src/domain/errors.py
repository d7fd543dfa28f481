"""Everything that can go wrong, as one tree.

    GatewayError
    ├── NotAuthenticated         nobody, or nobody any more
    │   ├── TokenMissing             token_missing
    │   ├── SessionInvalid           session_invalid
    │   └── CredentialsRejected      credentials_rejected
    ├── NotPermitted             somebody, but not allowed
    │   ├── PlaybookDenied           playbook_denied
    │   ├── RouteDenied              route_denied
    │   ├── ClientNotOwned           client_not_owned
    │   ├── OriginDenied             origin_denied
    │   └── CallbackDenied           callback_denied
    ├── RequestRefused           the request itself is at fault
    │   ├── PathRefused              path_refused
    │   ├── RequestMalformed         request_malformed
    │   ├── BodyTooLarge             body_too_large
    │   └── TooManyRequests          too_many_requests
    ├── RequestUnknown           request_unknown
    └── BackEndTrouble           nobody's fault on this side; never logs anybody out
        ├── AuthBackEndUnavailable   auth_back_end_unavailable
        ├── AuthBackEndFailed        auth_back_end_failed
        ├── AuthReplyMalformed       auth_reply_malformed
        ├── IdentityKeysUnavailable  identity_keys_unavailable
        ├── IdentityNotConfigured    identity_not_configured
        ├── StoreUnavailable         store_unavailable
        ├── UpstreamUnreachable      upstream_unreachable
        ├── UpstreamTimedOut         upstream_timed_out
        ├── UpstreamMisbehaved       upstream_misbehaved
        ├── UpstreamSuspended        upstream_suspended
        └── ExecutionRefused         execution_refused

Every leaf has a stable `code`; its text is a sentence for the person who caused it. None knows HTTP.
"""

from typing import ClassVar


class GatewayError(Exception):
    """`str(error)` may be shown to the caller: it holds no token, no internal address and no back-end text."""

    code: ClassVar[str]
    default: ClassVar[str] = "The gateway could not do this."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.default)


class NotAuthenticated(GatewayError):
    """The caller has no valid session; the only family for which clients drop their login (wire 1.1)."""


class TokenMissing(NotAuthenticated):
    code = "token_missing"
    default = "Missing authentication token"


class SessionInvalid(NotAuthenticated):
    code = "session_invalid"
    default = "Invalid or expired session"


class CredentialsRejected(NotAuthenticated):
    code = "credentials_rejected"
    default = "Invalid credentials"


class NotPermitted(GatewayError):
    """The caller is known and may not do this."""


class PlaybookDenied(NotPermitted):
    code = "playbook_denied"
    default = "You do not have permission to run this playbook."


class RouteDenied(NotPermitted):
    code = "route_denied"
    default = "This path is not available through the gateway for your account."


class ClientNotOwned(NotPermitted):
    code = "client_not_owned"
    default = "The clientId is not yours or has expired. Open /events again and use the clientId it hands out."


class OriginDenied(NotPermitted):
    code = "origin_denied"
    default = "A request that is authenticated by cookie must come from an allowed origin."


class CallbackDenied(NotPermitted):
    code = "callback_denied"
    default = "This route needs the internal token."


class RequestRefused(GatewayError):
    """The request cannot be served as it is; sending it again unchanged does not help."""


class PathRefused(RequestRefused):
    code = "path_refused"
    default = "The path contains a dot segment, a backslash, a control character or a broken escape."


class RequestMalformed(RequestRefused):
    code = "request_malformed"
    default = "The request is not of the expected form."


class BodyTooLarge(RequestRefused):
    code = "body_too_large"
    default = "The request body is too large."


class TooManyRequests(RequestRefused):
    """`retry_after`: seconds until another try makes sense."""

    code = "too_many_requests"
    default = "Too many requests. Please wait a moment and try again."

    def __init__(self, message: str | None = None, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RequestUnknown(GatewayError):
    """The request id of a callback names nothing that is pending (wire 4.3)."""

    code = "request_unknown"
    default = "Request not found"


class BackEndTrouble(GatewayError):
    """Something behind the gateway failed. Never an authentication failure (wire 1.1)."""


class AuthBackEndUnavailable(BackEndTrouble):
    code = "auth_back_end_unavailable"
    default = "The login service is busy. Please retry."


class AuthBackEndFailed(BackEndTrouble):
    code = "auth_back_end_failed"
    default = "The login service failed. Please retry."


class AuthReplyMalformed(BackEndTrouble):
    code = "auth_reply_malformed"
    default = "The login service gave an incomplete answer."


class IdentityKeysUnavailable(BackEndTrouble):
    code = "identity_keys_unavailable"
    default = "The identity provider's keys cannot be fetched at the moment. Please retry."


class IdentityNotConfigured(BackEndTrouble):
    code = "identity_not_configured"
    default = (
        "This gateway does not know any identity provider. "
        "Set GATEWAY_AUTH0_DOMAIN (or GATEWAY_AUTH0_ALLOWED_DOMAINS) to the Auth0 domain that may log users in."
    )


class StoreUnavailable(BackEndTrouble):
    code = "store_unavailable"
    default = "The gateway cannot reach its message store at the moment. Please retry."


class UpstreamUnreachable(BackEndTrouble):
    code = "upstream_unreachable"
    default = "Proxy request failed: NoETL cannot be reached."


class UpstreamTimedOut(BackEndTrouble):
    code = "upstream_timed_out"
    default = "Proxy request failed: NoETL did not answer in time."


class UpstreamMisbehaved(BackEndTrouble):
    code = "upstream_misbehaved"
    default = "Proxy request failed: NoETL gave a broken answer."


class UpstreamSuspended(BackEndTrouble):
    """The circuit breaker is open: the back end failed repeatedly and is left alone for a moment."""

    code = "upstream_suspended"
    default = "NoETL has failed repeatedly and is not asked for a moment. Please retry."


class ExecutionRefused(BackEndTrouble):
    """NoETL answered an execute, rerun or cancel call with an error; the text says what (wire 6)."""

    code = "execution_refused"
    default = "NoETL refused the execution."

    def __init__(self, message: str | None = None, *, status: int = 502) -> None:
        super().__init__(message)
        self.status = status

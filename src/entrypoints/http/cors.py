"""CORS as the outermost layer, on every answer, errors and streams included (wire 0)."""

import logging
from collections.abc import Callable, Sequence

from entrypoints.http.asgi import AsgiApp, Message, Receive, Scope, Send, header, respond
from entrypoints.http.gate import is_own_origin

log = logging.getLogger(__name__)

_VARY = (b"vary", b"origin, access-control-request-method, access-control-request-headers")
_CREDENTIALS = (b"access-control-allow-credentials", b"true")
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET,POST,PUT,DELETE,PATCH,OPTIONS"),
    (
        b"access-control-allow-headers",
        b"content-type,authorization,x-session-id,x-session-token,x-user-id,x-request-id",
    ),
)
_NOTED_ORIGINS = 200


class Cors:
    """Answers every OPTIONS request itself and adds the headers to every other answer.

    `rejected` is called for each request from an origin that is not allowed; the origin is logged the first time
    (an origin that is missing here once looked like a broken login, with nothing in the log; wire 14.5).
    """

    def __init__(
        self, app: AsgiApp, *, origins: Sequence[str], credentials: bool, rejected: Callable[[], None]
    ) -> None:
        self._app = app
        self._allowed = {
            origin.encode(): self._headers(origin.encode(), credentials=credentials) for origin in origins
        }
        self._others = self._headers(None, credentials=credentials)
        self._any = b"*" in self._allowed
        self._for_any = self._headers(b"*", credentials=False)
        self._credentials = credentials
        self._rejected = rejected
        self._noted: set[bytes] = set()

    def _headers(self, origin: bytes | None, *, credentials: bool) -> tuple[tuple[bytes, bytes], ...]:
        headers: tuple[tuple[bytes, bytes], ...] = (_VARY,)
        if credentials:
            headers = (*headers, _CREDENTIALS)
        if origin is not None:
            headers = (*headers, (b"access-control-allow-origin", origin))
        return headers

    def allows(self, origin: bytes) -> bool:
        return origin in self._allowed or self._any

    def headers_for(self, origin: bytes | None) -> tuple[tuple[bytes, bytes], ...]:
        if origin is None:
            return self._others
        known = self._allowed.get(origin)
        if known is not None:
            return known
        if self._any:
            return self._for_any
        self._note(origin)
        return self._others

    def headers_of(self, scope: Scope) -> tuple[tuple[bytes, bytes], ...]:
        """What the answer to this request gets. To be asked once for each: it notes foreign origins."""
        origin = header(scope, b"origin")
        own = origin is not None and not self.allows(origin) and is_own_origin(scope, origin)
        return self._others if own else self.headers_for(origin)

    def _note(self, origin: bytes) -> None:
        self._rejected()
        if len(self._noted) < _NOTED_ORIGINS and origin not in self._noted:
            self._noted.add(origin)
            log.warning("origin %r is not in CORS_ALLOWED_ORIGINS; browsers will block its pages", origin[:200])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = self.headers_of(scope)
        if scope["method"] == "OPTIONS":
            await respond(send, 200, headers=(*headers, *_PREFLIGHT))
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        await self._app(scope, receive, send_with_headers)

"""`POST /ingress/{listener}`: webhooks and Pub/Sub pushes (wire 9)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from domain.errors import BodyTooLarge, TooManyRequests
from domain.ingress.listener_names import listener_name
from domain.use_cases.accept_delivery import AcceptDelivery, Accepted
from entrypoints.http.asgi import JSON, TEXT, ClientGone, Receive, Scope, Send, header, read_body, respond
from entrypoints.http.client_address import Networks, client_address
from entrypoints.http.errors import respond_with_error
from entrypoints.http.ingress.replies import DISABLED, TOO_LARGE, reply_to
from entrypoints.http.rate_limit import RateLimit

log = logging.getLogger(__name__)

PREFIX = "/ingress/"
_RAW_PREFIX = PREFIX.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressApp:
    """`accept`: None where NoETL's internal token is not set. `body_limit` in bytes.

    The rate limit is for strangers: deliveries that are accepted give their place back, for a busy sender may come
    from one address. `limited` is told of each one that was turned away.
    """

    accept: AcceptDelivery | None
    rate_limit: RateLimit
    limited: Callable[[], None]
    trusted_proxies: Networks
    body_limit: int = 2_097_152

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        segment = _segment(scope)
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif segment is None:
            await respond(send, 404)
        elif scope["method"] != "POST":
            await respond(send, 405, headers=[(b"allow", b"POST")])
        elif self.accept is None:
            await respond(send, 503, DISABLED, TEXT)
        else:
            await self._answer(self.accept, segment, scope, receive, send)

    async def _answer(
        self, accept: AcceptDelivery, segment: bytes, scope: Scope, receive: Receive, send: Send
    ) -> None:
        address = client_address(scope, self.trusted_proxies)

        async def body() -> bytes:
            return await self._body(scope, receive)

        try:
            self.rate_limit.take(address)
            outcome = await accept(listener_name(segment), scope["headers"], body)
        except TooManyRequests as error:
            self.limited()
            await respond_with_error(send, error)
        except BodyTooLarge:
            await respond(send, 413, TOO_LARGE, TEXT)
        except ClientGone:
            log.debug("a sender left before its delivery was complete")
        else:
            if isinstance(outcome, Accepted):
                self.rate_limit.give_back(address)
            status, content = reply_to(outcome)
            await respond(send, status, content, JSON)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        announced = header(scope, b"content-length") or b""
        if announced.isdigit() and int(announced[:19]) > self.body_limit:
            raise BodyTooLarge
        content = await read_body(receive, self.body_limit)
        if content is None:
            raise BodyTooLarge
        return content


def _segment(scope: Scope) -> bytes | None:
    """What follows the prefix, still encoded; None unless it is one path segment."""
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    segment = raw_path.removeprefix(_RAW_PREFIX)
    return segment if segment and segment != raw_path and b"/" not in segment else None

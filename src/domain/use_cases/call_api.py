from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

from domain.errors import RouteDenied, UpstreamMisbehaved
from domain.identity import Session
from domain.ports.upstream import Upstream
from domain.proxying import Headers, UpstreamRequest
from domain.use_cases.authorize_forwarded import AuthorizeForwarded
from domain.use_cases.forward_request import ForwardRequest

_PREFIX = b"/api/"
_VISIBLE = "".join(map(chr, range(0x21, 0x7F))).replace("#", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiReply:
    status: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CallApi:
    """One NoETL API call with its whole answer in memory, under the same policy as the proxy (D8).

    `reply_limit`: bytes of the answer that are accepted at most.
    """

    forward: ForwardRequest
    guard: AuthorizeForwarded
    upstream: Upstream
    reply_limit: int

    async def __call__(
        self, session: Session, method: str, endpoint: str, body: bytes | None, headers: Headers
    ) -> ApiReply:
        """`endpoint`: `/api/...` with its query; `headers` are sent as they are, identity included.

        Raises RouteDenied for anything outside `/api/`, PathRefused, and what the policy, the guard and the
        upstream raise.
        """
        raw, _, query = _as_target(endpoint).partition(b"?")
        if not raw.startswith(_PREFIX) or len(raw) == len(_PREFIX):
            raise RouteDenied("The endpoint must start with /api/.")
        path, route = self.forward(session.user, method, raw.removeprefix(_PREFIX))
        if self.guard.concerns(method, path):
            await self.guard(session, path, body or b"")
        request = UpstreamRequest(
            method=method,
            base_url=route.base_url,
            target=route.with_query(query),
            headers=headers,
            body=_once(body) if body is not None else None,
            content_length=len(body) if body is not None else None,
        )
        return await self._send(request)

    async def _send(self, request: UpstreamRequest) -> ApiReply:
        async with self.upstream.send(request) as response:
            received = bytearray()
            async for chunk in response.body:
                received += chunk
                if len(received) > self.reply_limit:
                    raise UpstreamMisbehaved("The answer of NoETL is too large for this call.")
            return ApiReply(status=response.status, body=bytes(received))


def _as_target(endpoint: str) -> bytes:
    """`endpoint` as it may stand in a request line: blanks, control characters and other scripts escaped."""
    return quote(endpoint, safe=_VISIBLE, errors="surrogatepass").encode("ascii")


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body

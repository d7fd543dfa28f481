"""Which requests the fast lane takes: those about which nothing has to be waited for."""

from dataclasses import dataclass

from domain.errors import GatewayError
from domain.identity import Session, SessionToken
from domain.proxying import UpstreamRequest
from entrypoints.http.asgi import RawHeaders, Scope, header
from entrypoints.http.cors import Cors
from entrypoints.http.fast_lane.answer_heads import AnswerHeads
from entrypoints.http.fast_lane.direct import DirectConnection, DirectRoute, DirectUpstream
from entrypoints.http.proxy.app import PREFIX, ProxyApp, ProxyObserver

_METHODS = frozenset({"GET", "HEAD"})
_ID = b"x-request-id"


class LastRequest:
    """What has been found out about the headers of a connection's last request: the next one often has the same.

    `scope` is good for its headers, and for what is the same for all requests of the connection. `before` and `after`
    are what NoETL gets around the request's id, for `session`. `cors` is None where each request has to be looked at.
    """

    __slots__ = ("after", "before", "cors", "fields", "scope", "session", "token")

    def __init__(self, scope: Scope, token: SessionToken | None) -> None:
        self.scope = scope
        self.fields: list[tuple[bytes, bytes]] = scope["headers"]
        self.token = token
        self.session: Session | None = None
        self.before = self.after = b""
        self.cors: RawHeaders | None = None


@dataclass(slots=True)
class Errand:
    """A request that may be sent, where to, and what its answer needs."""

    route: DirectRoute
    base_url: str
    connection: DirectConnection
    head: bytes
    cors: RawHeaders
    observe: ProxyObserver
    heads: AnswerHeads


class FastLane:
    """Decides as `proxy` does and by its own parts. `upstream` is the one that `proxy` asks."""

    def __init__(self, *, proxy: ProxyApp, cors: Cors, upstream: DirectUpstream) -> None:
        self._proxy = proxy
        self._cors = cors
        self._upstream = upstream
        self._heads = AnswerHeads()
        self.token_of = proxy.gate.token_to_peek

    def admit(self, method: str, raw_path: bytes, query: bytes, last: LastRequest) -> Errand | None:
        """For a request below PREFIX without a body, with the headers of `last`. None leaves it to the normal lane
        and has not counted anything: whoever refuses a request does so there, in one place.
        """
        proxy = self._proxy
        if last.token is None or method not in _METHODS:
            return None
        if len(raw_path) == len(PREFIX):
            return None
        session = proxy.gate.peek(last.token)
        if session is None:
            return None
        try:
            _, where = proxy.forward(session.user, method, raw_path[len(PREFIX) :])
            route = self._upstream.route(where.base_url)
            if not route.breaker.closed:
                return None
            line = route.head.line(method, where.with_query(query))
            if last.session is not session:
                self._render(session, route, last)
        except GatewayError:
            return None
        connection = route.pool.take()
        if connection is None:
            return None
        proxy.gate.count_peeked()
        head = b"".join((line, last.before, proxy.request_ids.next(), last.after))
        cors = last.cors or self._cors.headers_of(last.scope)
        return Errand(route, where.base_url, connection, head, cors, proxy.observe, self._heads)

    def _render(self, session: Session, route: DirectRoute, last: LastRequest) -> None:
        """Raises RequestMalformed."""
        headers = self._proxy.headers_to_noetl(session, last.scope)
        request_id = next(value for name, value in headers if name == _ID)
        fields = route.head.fields(UpstreamRequest(method="GET", base_url="", target=b"/", headers=headers))
        # No value holds a line end, so that what is found is the header and not a copy of it in another one.
        before, _, after = fields.partition(b"\r\n%b: %b\r\n" % (_ID, request_id))
        last.before, last.after = b"%b\r\n%b: " % (before, _ID), b"\r\n" + after
        last.session = session
        last.cors = self._cors.headers_of(last.scope) if header(last.scope, b"origin") is None else None

"""GraphiQL, served by the gateway itself: no foreign host, no inline script."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from entrypoints.graphql.media_types import MediaType, preferred
from entrypoints.http.asgi import Receive, Scope, Send, header, headers_named, respond

_PAGE = "index.html"
_SCRIPT = "text/javascript; charset=utf-8"
_STYLE = "text/css; charset=utf-8"
_ASSETS = {
    "graphiql.min.css": _STYLE,
    "graphiql.min.js": _SCRIPT,
    "page.css": _STYLE,
    "page.js": _SCRIPT,
    "react-dom.production.min.js": _SCRIPT,
    "react.production.min.js": _SCRIPT,
    "subscriptions.js": _SCRIPT,
}
# The editor positions its parts by style attributes and elements; scripts come from here alone.
_CONTENT_SECURITY_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS = (
    (b"content-security-policy", _CONTENT_SECURITY_POLICY),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


@dataclass(frozen=True, slots=True)
class Asset:
    """`etag`: with its quotes."""

    content_type: str
    body: bytes
    etag: str


def asset(name: str) -> Asset | None:
    """A file below `/graphql/assets/`."""
    content_type = _ASSETS.get(name)
    return _load(name, content_type) if content_type else None


class GraphiQL:
    """Needs no session: what is served is public, and the page asks for a token by itself."""

    def is_wanted(self, scope: Scope) -> bool:
        """A browser opens the route: it prefers HTML and brings no query."""
        return (
            scope["method"] in ("GET", "HEAD")
            and not any(pair.startswith(b"query=") for pair in scope.get("query_string", b"").split(b"&"))
            and preferred(headers_named(scope, b"accept")) is MediaType.HTML
        )

    async def page(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await _serve(_load(_PAGE, MediaType.HTML.value.decode()), _PAGE_HEADERS, scope, send)

    async def asset(self, name: str, scope: Scope, _receive: Receive, send: Send) -> None:
        """404 for a name that is not one of the page's files."""
        found = asset(name)
        if found is None:
            await respond(send, 404)
        else:
            await _serve(found, (), scope, send)


async def _serve(found: Asset, more: tuple[tuple[bytes, bytes], ...], scope: Scope, send: Send) -> None:
    etag = found.etag.encode()
    headers = ((b"etag", etag), (b"cache-control", b"no-cache"), (b"x-content-type-options", b"nosniff"), *more)
    if header(scope, b"if-none-match") == etag:
        # Without a content-length, which would have to be that of the file.
        await send({"type": "http.response.start", "status": 304, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b""})
    else:
        await respond(send, 200, found.body, found.content_type.encode(), headers)


@cache  # the few names of _ASSETS and the page
def _load(name: str, content_type: str) -> Asset:
    body = files(__package__).joinpath("assets", name).read_bytes()
    return Asset(content_type, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')

"""A few files of the package, served as they are."""

import hashlib
from importlib.resources import files

from entrypoints.http.asgi import Receive, Scope, Send, header, respond

_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}


class StaticFiles:
    """Serves what lies in `package` under `prefix`, by a list made at the start: nothing else can be named.

    `index` is served for the prefix itself. HTML pages get `policy` as Content-Security-Policy.
    """

    def __init__(self, prefix: str, package: str, *, policy: str = "default-src 'none'", index: str = "") -> None:
        self._policy = policy.encode()
        self._files: dict[str, tuple[bytes, bytes, bytes]] = {}
        for entry in files(package).iterdir():
            kind = next((kind for ending, kind in _TYPES.items() if entry.name.endswith(ending)), None)
            if kind is not None:
                content = entry.read_bytes()
                etag = b'"%b"' % hashlib.sha256(content).hexdigest()[:32].encode()
                self._files[prefix + entry.name] = (kind, content, etag)
        if index:
            self._files[prefix] = self._files[prefix + index]

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await respond(send, 405, headers=[(b"allow", b"GET,HEAD")])
            return
        found = self._files.get(scope["path"])
        if found is None:
            await respond(send, 404)
            return
        kind, content, etag = found
        headers = [(b"etag", etag), (b"cache-control", b"no-cache"), (b"x-content-type-options", b"nosniff")]
        if kind.startswith(b"text/html"):
            headers += self._page_headers()
        if header(scope, b"if-none-match") == etag:
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await respond(send, 200, content, kind, headers)

    def _page_headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"content-security-policy", self._policy),
            (b"referrer-policy", b"no-referrer"),
            (b"x-frame-options", b"DENY"),
        ]

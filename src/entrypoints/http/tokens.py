"""Where a request carries its session token (wire 2.1)."""

from dataclasses import dataclass

from entrypoints.http.asgi import ReadScope

_BEARER = b"Bearer "
_COOKIE_NAME = "session_token"


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """`from_cookie`: a browser sent it by itself, so the request may not be the user's own wish (D32)."""

    text: str
    from_cookie: bool = False

    def __repr__(self) -> str:
        return f"PresentedToken(***, from_cookie={self.from_cookie})"


def presented_token(scope: ReadScope) -> PresentedToken | None:
    """`Authorization: Bearer`, then `X-Session-Token`, then the cookie; each as it stands. An Authorization of
    another scheme falls through.
    """
    header_token = cookies = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            if value.startswith(_BEARER):
                return PresentedToken(value[len(_BEARER) :].decode("latin-1"))
        elif name == b"x-session-token":
            header_token = value if header_token is None else header_token
        elif name == b"cookie" and cookies is None:
            cookies = value
    if header_token is not None:
        return PresentedToken(header_token.decode("latin-1"))
    return _in_cookies(cookies) if cookies is not None else None


def _in_cookies(cookies: bytes) -> PresentedToken | None:
    for part in cookies.decode("latin-1").split(";"):
        name, separator, value = part.strip().partition("=")
        if separator and name == _COOKIE_NAME:
            return PresentedToken(value, from_cookie=True)
    return None

"""The one identity that a request carries to NoETL: written here from the session, never by a client (D11)."""

from functools import lru_cache
from urllib.parse import quote

from domain.identity import Session, User
from domain.proxying import Headers

_SAFE = " !\"#$&'()*+,/:;<=>?@[\\]^`{|}~"


def identity_headers(session: Session) -> Headers:
    """`x-session-token` is the only credential that NoETL sees [C]; the rest tells it who that is."""
    return (*_of_user(session.user), (b"x-session-token", session.token.text.encode("latin-1")))


@lru_cache(maxsize=4096)
def _of_user(user: User) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"x-user-id", str(user.user_id).encode()),
        (b"x-user-email", _visible(user.email)),
        (b"x-user-roles", ",".join(_visible(role).decode().replace(",", "%2C") for role in user.roles).encode()),
    )


def _visible(text: str) -> bytes:
    """`text` with everything but visible ASCII and blanks percent-encoded, so that it is one header value."""
    return quote(text, safe=_SAFE, errors="replace").encode("ascii")

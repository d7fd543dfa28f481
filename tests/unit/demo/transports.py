from typing import Any, cast

import httpx
from litestar.types import ASGIApp


def asgi_transport(app: ASGIApp) -> httpx.ASGITransport:
    """httpx types applications more loosely than Litestar does; they are the same thing."""
    return httpx.ASGITransport(app=cast(Any, app))

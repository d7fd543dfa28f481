"""The routes that Litestar serves, and how it reports what goes wrong in them."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler

from domain.errors import GatewayError, SessionInvalid, TokenMissing
from entrypoints.http.asgi import ClientGone
from entrypoints.http.errors import UNEXPECTED, error_body, headers_of, status_of
from entrypoints.http.json_body import BodyRefused, HttpRequest
from entrypoints.http.routes.replies import text_reply

log = logging.getLogger(__name__)
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def litestar_app(handlers: Sequence[HTTPRouteHandler], lifespan: Sequence[Lifespan] = ()) -> Litestar:
    return Litestar(
        lifespan=list(lifespan),
        route_handlers=list(handlers),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,  # each route has a limit of its own; the framework's would cut results off
        exception_handlers={
            GatewayError: _gateway_error,
            BodyRefused: _body_refused,
            ClientGone: _client_gone,
            Exception: _unexpected,
        },
    )


def _gateway_error(_: HttpRequest, error: GatewayError) -> Response[bytes]:
    headers = {name.decode(): value.decode() for name, value in headers_of(error)}
    if isinstance(error, TokenMissing | SessionInvalid):
        return Response(content=str(error).encode(), status_code=401, media_type="text/plain", headers=headers)
    log.info("request refused: %s", error.code)
    return Response(
        content=error_body(error), status_code=status_of(error), media_type="application/json", headers=headers
    )


def _body_refused(_: HttpRequest, error: BodyRefused) -> Response[bytes]:
    return text_reply(str(error), error.status)


def _client_gone(_: HttpRequest, __: ClientGone) -> Response[bytes]:
    return Response(content=b"", status_code=400)


def _unexpected(request: HttpRequest, error: Exception) -> Response[bytes]:
    log.error("unexpected error in %s %s", request.method, request.url.path, exc_info=error)
    return Response(content=UNEXPECTED, status_code=500, media_type="application/json")

"""`GET /api/schema`: the OpenAPI document."""

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from entrypoints.http.openapi.document import openapi_document


def schema_routes() -> list[HTTPRouteHandler]:
    document = msgspec.json.encode(openapi_document())

    @get("/api/schema", sync_to_thread=False)
    def schema() -> Response[bytes]:
        return Response(content=document, media_type="application/json")

    return [schema]

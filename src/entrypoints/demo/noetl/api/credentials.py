"""`/api/credentials`."""

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.asgi.router import Route
from entrypoints.demo.noetl.api.bodies import json_body, optional_text, required_text
from entrypoints.demo.noetl.api.errors import ApiError
from entrypoints.demo.noetl.credentials import Credential, Credentials


class CredentialsApi:
    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("GET", "/api/credentials", self._list),
            Route("POST", "/api/credentials", self._put),
            Route("GET", "/api/credentials/{name}", self._get),
            Route("DELETE", "/api/credentials/{name}", self._delete),
        )

    async def _list(self, request: Request) -> Response:
        kind, text = request.argument("type"), request.argument("q")
        found = [c.view() for c in self._credentials.all(kind) if (text or "") in c.name + c.description]
        return json_response({"items": found, "filter": {"type": kind, "q": text}})

    async def _put(self, request: Request) -> Response:
        body = json_body(request)
        data = body.get("data")
        credential = self._credentials.put(
            required_text(body, "name"),
            required_text(body, "type"),
            data if isinstance(data, dict) else {},
            optional_text(body, "description"),
        )
        return json_response(credential.view())

    async def _get(self, request: Request) -> Response:
        credential = _found(self._credentials.find(request.parameters["name"]))
        return json_response(credential.view(include_data=request.argument("include_data") == "true"))

    async def _delete(self, request: Request) -> Response:
        credential = _found(self._credentials.delete(request.parameters["name"]))
        return json_response({"message": "Credential deleted successfully", "id": str(credential.credential_id)})


def _found(credential: Credential | None) -> Credential:
    if credential is None:
        raise ApiError(404, "Credential not found")
    return credential

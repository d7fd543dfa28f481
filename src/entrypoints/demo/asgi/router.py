"""Finds the handler of a request by method and path."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import unquote

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """`pattern` consists of literal segments and `{name}` placeholders, each for one non-empty segment."""

    method: str
    pattern: str
    handler: Handler


class Router:
    """Paths are split before they are percent-decoded, so `%2F` inside a segment stays a part of its value.

    What is not found is answered as FastAPI answers it, whose replies NoETL's are.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(route, route.pattern.split("/")) for route in routes]

    async def dispatch(self, request: Request) -> Response:
        segments = request.path.split("/")
        allowed: list[str] = []
        for route, pattern in self._routes:
            if (parameters := _match(pattern, segments)) is None:
                continue
            if route.method == request.method:
                return await route.handler(replace(request, parameters=parameters))
            allowed.append(route.method)
        if allowed:
            return json_response(
                {"detail": "Method Not Allowed"}, status=405, headers=(("allow", ", ".join(allowed)),)
            )
        return json_response({"detail": "Not Found"}, status=404)


def _match(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    parameters: dict[str, str] = {}
    for expected, actual in zip(pattern, segments, strict=True):
        if expected.startswith("{") and actual:
            parameters[expected[1:-1]] = unquote(actual)
        elif expected != actual:
            return None
    return parameters

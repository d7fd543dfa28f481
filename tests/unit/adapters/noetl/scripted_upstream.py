"""An upstream that answers by a script, and what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

import msgspec
from tests.unit.demo.captures import capture

from domain.proxying import UpstreamRequest, UpstreamResponse

BASE_URL = "http://noetl.internal:8082"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`torn` is raised after `body`; `endless` never ends it."""

    status: int = 200
    body: bytes = b"{}"
    torn: Exception | None = None
    endless: bool = False


class Silence:
    """Never answers."""


Step: TypeAlias = Answer | Silence | Exception


@dataclass(frozen=True, kw_only=True)
class Asked:
    method: str
    base_url: str
    target: str
    headers: Mapping[bytes, bytes]
    body: bytes | None
    content_length: int | None

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body or b"")


@dataclass
class ScriptedUpstream:
    script: list[Step]
    asked: list[Asked] = field(default_factory=list)
    left: int = 0
    """So many exchanges were given back."""

    @asynccontextmanager
    async def send(self, request: UpstreamRequest) -> AsyncIterator[UpstreamResponse]:
        self.asked.append(await _read(request))
        step = self.script.pop(0)
        try:
            yield await _response(step)
        finally:
            self.left += 1

    @property
    def only(self) -> Asked:
        (asked,) = self.asked
        return asked


async def _read(request: UpstreamRequest) -> Asked:
    names = [name for name, _ in request.headers]
    assert len(set(names)) == len(names)
    return Asked(
        method=request.method,
        base_url=request.base_url,
        target=request.target.decode(),
        headers=dict(request.headers),
        body=b"".join([chunk async for chunk in request.body]) if request.body is not None else None,
        content_length=request.content_length,
    )


async def _response(step: Step) -> UpstreamResponse:
    if isinstance(step, Exception):
        raise step
    if isinstance(step, Silence):
        await _not_given_up()
    return UpstreamResponse(status=step.status, headers=(), body=_chunks(step))


async def _chunks(answer: Answer) -> AsyncIterator[bytes]:
    for start in range(0, len(answer.body), 65_536):
        yield answer.body[start : start + 65_536]
    if answer.torn is not None:
        raise answer.torn
    if answer.endless:
        await _not_given_up()


async def _not_given_up() -> NoReturn:
    await asyncio.sleep(10)
    raise AssertionError("nobody gave up waiting")


def says(content: object, status: int = 200) -> Answer:
    return Answer(status=status, body=msgspec.json.encode(content))


def replayed(name: str) -> Answer:
    """What the real server answered in a recording."""
    response = capture(name)["response"]
    return says(response["body"], response["status"])


def recorded_request(name: str) -> Any:
    return capture(name)["request"]

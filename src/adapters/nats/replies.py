"""Answers to requests, told apart on one subscription."""

import asyncio
from collections.abc import Callable

from nats.aio.msg import Msg

from domain.errors import StoreUnavailable

NO_RESPONDERS = "503"


def status_of(message: Msg) -> str | None:
    """The status line's code of a reply that is no message (`404`, `503`, ...), None for a message."""
    return message.headers.get("Status") if message.headers else None


def fail(answer: "asyncio.Future[Msg] | asyncio.Future[list[Msg]]") -> None:
    """There will be none."""
    if not answer.done():
        answer.set_exception(StoreUnavailable())
        answer.exception()  # an abandoned question is no "never retrieved" warning


class Replies:
    """Every open question has its own subject under `prefix`; what comes for a closed one is dropped."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._asked = 0
        self._open: dict[str, Callable[[Msg], None]] = {}
        self._failing: dict[str, asyncio.Future[Msg] | asyncio.Future[list[Msg]]] = {}

    @property
    def pattern(self) -> str:
        return f"{self._prefix}.*"

    def one(self) -> tuple[str, "asyncio.Future[Msg]"]:
        """A subject for a single answer, and the answer. Close it with `forget`."""
        answer: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()

        def take(message: Msg) -> None:
            if not answer.done():
                answer.set_result(message)

        return self._add(take, answer), answer

    def many(self, is_last: Callable[[Msg], bool]) -> tuple[str, "asyncio.Future[list[Msg]]"]:
        """A subject for answers up to the one that `is_last` (which is included). Close it with `forget`."""
        answers: asyncio.Future[list[Msg]] = asyncio.get_running_loop().create_future()
        taken: list[Msg] = []

        def take(message: Msg) -> None:
            taken.append(message)
            if is_last(message) and not answers.done():
                answers.set_result(taken)

        return self._add(take, answers), answers

    def _add(self, take: Callable[[Msg], None], future: "asyncio.Future[Msg] | asyncio.Future[list[Msg]]") -> str:
        self._asked += 1
        token = str(self._asked)
        self._open[token] = take
        self._failing[token] = future
        return f"{self._prefix}.{token}"

    def forget(self, subject: str) -> None:
        token = subject.rpartition(".")[2]
        self._open.pop(token, None)
        self._failing.pop(token, None)

    def take(self, message: Msg) -> None:
        handler = self._open.get(message.subject.rpartition(".")[2])
        if handler is not None:
            handler(message)

    def fail_all(self) -> None:
        """Nothing will be answered any more."""
        for future in self._failing.values():
            fail(future)
        self._open.clear()
        self._failing.clear()

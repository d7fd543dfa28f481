"""Calls that are being answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass

from domain.errors import GatewayError, TooManyRequests
from domain.use_cases.execute_playbook import Started
from entrypoints.http.websocket import json_rpc
from entrypoints.http.websocket.json_rpc import Call, Fault

log = logging.getLogger(__name__)

CALLS_AT_A_TIME = 16


@dataclass(frozen=True, slots=True)
class Done:
    """What a call has led to. `started`: a run whose frames wait until the answer is out (wire 4.6)."""

    content: object
    started: Started | None = None


class Calls:
    """Each is answered in its own time, a batch at once; at most CALLS_AT_A_TIME go on together.

    `perform` raises Fault or GatewayError. `written` sends an answer and waits until it is out.
    """

    def __init__(
        self,
        perform: Callable[[Call], Awaitable[Done]],
        written: Callable[[bytes], Awaitable[bool]],
        announce: Callable[[Started], Awaitable[None]],
    ) -> None:
        self._perform = perform
        self._written = written
        self._announce = announce
        self._tasks: set[asyncio.Task[None]] = set()
        self._going_on = 0
        self._when_finished: Callable[[], None] | None = None

    def take(self, calls: Sequence[Call | Fault], *, batch: bool) -> None:
        if self._when_finished is not None:
            self._start(self._refuse(calls, _LEAVING, batch=batch))
        elif self._going_on + len(calls) > CALLS_AT_A_TIME:
            self._start(self._refuse(calls, json_rpc.fault_of(_too_many()), batch=batch))
        else:
            self._going_on += len(calls)
            self._start(self._answer_all(calls, batch=batch))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def _answer_all(self, calls: Sequence[Call | Fault], *, batch: bool) -> None:
        try:
            answers = await asyncio.gather(*(self._answer(call) for call in calls))
            await self._send([text for text, _ in answers if text is not None], batch=batch)
        finally:
            self._going_on -= len(calls)
        for _, started in answers:
            if started is not None:
                await self._announce(started)

    async def _refuse(self, calls: Sequence[Call | Fault], fault: Fault, *, batch: bool) -> None:
        """The calls are not even looked at, so a batch gets one answer."""
        if batch:
            await self._send([json_rpc.error(None, fault)], batch=False)
            return
        answers = (_error(call, fault) for call in calls)
        await self._send([text for text in answers if text is not None], batch=False)

    async def _send(self, answers: Sequence[bytes], *, batch: bool) -> None:
        if answers:
            await self._written(b"[%b]" % b",".join(answers) if batch else answers[0])

    async def _answer(self, call: Call | Fault) -> tuple[bytes | None, Started | None]:
        """The answer, None for a notification, and the run that it announces."""
        if isinstance(call, Fault):
            return json_rpc.error(None, call), None
        try:
            done = await self._perform(call)
        except Fault as fault:
            return _error(call, fault), None
        except GatewayError as error:
            return _error(call, json_rpc.fault_of(error)), None
        except RecursionError:
            return _error(call, Fault(json_rpc.INVALID_PARAMS, "Invalid params: they nest too deep.")), None
        except Exception:  # the other calls and the stream must go on
            log.exception("a call failed")
            return _error(call, _MISTAKE), None
        return json_rpc.result(call, done.content) if call.wants_answer else None, done.started

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("answering a call failed", exc_info=task.exception())
        self._tell_if_finished()

    def finish(self, then: Callable[[], None]) -> None:
        """Takes no more calls and calls `then` once all that go on are answered."""
        self._when_finished = then
        self._tell_if_finished()

    def _tell_if_finished(self) -> None:
        if self._when_finished is not None and not self._tasks:
            self._when_finished()

    async def ended(self) -> None:
        """Waits for the calls that go on: what was started must be booked, even if nobody gets to read of it."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)


_MISTAKE = Fault(json_rpc.INTERNAL_ERROR, "The gateway made a mistake. It has been logged; please try again.")
_LEAVING = Fault(json_rpc.INTERNAL_ERROR, "This connection is about to end. Please reconnect.", {"code": "leaving"})


def _too_many() -> TooManyRequests:
    return TooManyRequests(f"More than {CALLS_AT_A_TIME} calls at a time. Wait for some answers first.")


def _error(call: Call | Fault, fault: Fault) -> bytes | None:
    if isinstance(call, Fault):
        return json_rpc.error(None, call)
    return json_rpc.error(call, fault) if call.wants_answer else None

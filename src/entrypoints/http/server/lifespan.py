"""The begin and end of an application (ASGI lifespan), with one owner and deadlines."""

import asyncio
import logging

from entrypoints.http.asgi import AsgiApp, Message, Scope

log = logging.getLogger(__name__)

_LAST_STEPS = 2.0
"""Seconds that an application may take to return after it has said that it is done."""


class StartFailed(Exception):
    """The application did not start; its exception is the cause, if it raised one."""


class Lifespan:
    """`state` becomes that of every request, as ASGI has it."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self.state: dict[str, object] = {}
        self._questions: asyncio.Queue[Message] = asyncio.Queue()
        self._answered = asyncio.Event()
        self._answer = ""
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        """Raises StartFailed. Cancelled, it cancels the start of the application."""
        scope: Scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        self._task = asyncio.create_task(self._run(scope), name="lifespan")
        try:
            answer = await self._ask("lifespan.startup")
        except asyncio.CancelledError:
            self._task.cancel()
            await self._end(self._task)
            raise
        if answer != "lifespan.startup.complete":
            raise StartFailed("the application did not start") from await self._end(self._task)

    async def shutdown(self, *, timeout: float) -> None:
        """Lets the application end; after `timeout` seconds it is cancelled."""
        task = self._task
        if task is None:
            return
        if not task.done():
            try:
                async with asyncio.timeout(timeout):
                    await self._ask("lifespan.shutdown")
            except TimeoutError:
                log.error("the application did not shut down within %g s", timeout)
                task.cancel()
        if failure := await self._end(task):
            log.error("the application failed to shut down", exc_info=failure)

    async def _ask(self, question: str) -> str:
        """What the application answers, nothing if it ends without a word."""
        self._answered.clear()
        self._questions.put_nowait({"type": question})
        await self._answered.wait()
        return self._answer

    async def _run(self, scope: Scope) -> None:
        try:
            await self._app(scope, self._questions.get, self._send)
        finally:
            self._answer = ""
            self._answered.set()

    async def _send(self, message: Message) -> None:
        self._answer = message["type"]
        self._answered.set()

    async def _end(self, task: "asyncio.Task[None]") -> BaseException | None:
        """Waits for the task, cancels it when it lingers, and tells what it died of."""
        done, _ = await asyncio.wait([task], timeout=_LAST_STEPS)
        if not done:
            task.cancel()
            await asyncio.wait([task], timeout=_LAST_STEPS)
        if not task.done() or task.cancelled():
            return None
        return task.exception()

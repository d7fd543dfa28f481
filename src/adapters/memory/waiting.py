import asyncio

from domain.callbacks import CallbackResult
from domain.ports.clock import Clock


class Waiting:
    """One call that waits for its answer; the first answer is the only one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answer: asyncio.Future[CallbackResult] = asyncio.get_running_loop().create_future()

    def answer(self, result: CallbackResult) -> bool:
        if self._answer.done():
            return False
        self._answer.set_result(result)
        return True

    async def result(self, deadline: float) -> CallbackResult:
        too_late = asyncio.ensure_future(self._clock.sleep(deadline - self._clock.monotonic()))
        either: set[asyncio.Future[CallbackResult] | asyncio.Future[None]] = {self._answer, too_late}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            too_late.cancel()
        if not self._answer.done():
            raise TimeoutError
        return self._answer.result()

"""The bodies that playbooks post to the gateway, and the faults that may befall them."""

import asyncio

from entrypoints.demo.json_types import JsonObject, JsonValue
from entrypoints.demo.noetl.callback_client import CallbackClient
from entrypoints.demo.noetl.faults import Faults
from entrypoints.demo.noetl.run import Run


class Callbacks:
    """`default_url` is the gateway for auth playbooks whose workload names none."""

    def __init__(self, client: CallbackClient, faults: Faults, *, default_url: str | None) -> None:
        self._client = client
        self._faults = faults
        self._default_url = default_url

    async def progress(self, run: Run, *, step: str, message: str, fraction: float) -> None:
        if (url := _url(run, "progress")) is None:
            return
        body: JsonObject = {
            "request_id": run.text("request_id"),
            "execution_id": str(run.execution_id),
            "step": step,
            "message": message,
            "progress": fraction,
        }
        await self._client.post(url, body)

    async def result(self, run: Run) -> None:
        if (url := _url(run, "callback/async")) is None:
            return
        body: dict[str, JsonValue] = {
            "request_id": run.text("request_id"),
            "execution_id": str(run.execution_id),
            "status": "FAILED" if run.error else "COMPLETED",
            "data": run.result,
        }
        if run.error:
            body["error"] = {"code": -32000, "message": run.error, "data": None}
        await self._send_final(run, url, body)

    async def auth(self, run: Run, data: JsonObject, *, status: str) -> None:
        if (url := _url(run, "callback", self._default_url)) is None:
            return
        await self._send_final(run, url, {"data": data, "status": status, "request_id": run.text("request_id")})

    async def _send_final(self, run: Run, url: str, body: JsonObject) -> None:
        if self._faults.callback_suppressed:
            return
        await asyncio.sleep(self._faults.callback_delay)
        for _ in range(self._faults.callback_copies):
            await self._client.post(url, body)
        run.answered.set()


def _url(run: Run, endpoint: str, default: str | None = None) -> str | None:
    """None when nobody waits for this execution, or nobody said where."""
    gateway = run.text("gateway_url") or default
    if not gateway or not run.text("request_id"):
        return None
    return f"{gateway.rstrip('/')}/api/internal/{endpoint}"

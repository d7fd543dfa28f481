"""Posts to the gateway as a worker does: with patience, but not for ever."""

import asyncio
import logging

import httpx
import msgspec

from entrypoints.demo.json_types import JsonObject

_log = logging.getLogger(__name__)

_ATTEMPTS = 6
_FIRST_PAUSE = 0.05


class CallbackClient:
    """`token` goes along as `Authorization: Bearer`; `deadline` (seconds) holds for all attempts together."""

    def __init__(
        self,
        *,
        token: str | None = None,
        deadline: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        # No proxy of the environment may come between two programs on the loopback interface.
        self._http = httpx.AsyncClient(headers=headers, timeout=deadline, trust_env=False, transport=transport)
        self._deadline = deadline

    async def close(self) -> None:
        await self._http.aclose()

    async def post(self, url: str, body: JsonObject) -> bool:
        """Whether the receiver took it. Connection errors and 5xx are tried again, other refusals are final."""
        try:
            async with asyncio.timeout(self._deadline):
                status = await self._post_patiently(url, msgspec.json.encode(body))
        except TimeoutError:
            _log.warning("callback to %s gave up after %g s", url, self._deadline)
            return False
        if status is None or status >= 300:
            _log.warning("callback to %s was not taken: %s", url, status or "no connection")
            return False
        return True

    async def _post_patiently(self, url: str, content: bytes) -> int | None:
        status: int | None = None
        for attempt in range(_ATTEMPTS):
            try:
                status = (await self._http.post(url, content=content)).status_code
            except (httpx.TransportError, httpx.InvalidURL) as exc:
                _log.debug("callback to %s: %r", url, exc)
                status = None
            if status is not None and status < 500:
                break
            await asyncio.sleep(_FIRST_PAUSE * 2**attempt)
        return status

"""A walk through the main job, as a client would do it: `make demo-check`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import msgspec

from entrypoints.demo.stack import DemoStack


class Frame(msgspec.Struct):
    """A JSON-RPC message of the stream."""

    params: dict[str, object] = {}
    result: dict[str, object] = {}


_EXECUTE = """
mutation Run($name: String!, $variables: JSON, $clientId: String) {
  executePlaybook(name: $name, variables: $variables, clientId: $clientId) {
    executionId requestId name status position
  }
}
"""


class StepFailed(Exception):
    """What a step expected and did not get."""


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise StepFailed(otherwise)


class Walkthrough:
    """Prints a line per step. Each step has a deadline."""

    def __init__(self, stack: DemoStack, say: Callable[[str], None] = print) -> None:
        self._stack = stack
        self._say = say
        self._client = httpx.AsyncClient(base_url=stack.gateway_url, timeout=20)
        self._token = ""
        self._stream: Stream | None = None

    async def run(self) -> bool:
        """True if every step held."""
        steps: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("the gateway is alive and ready", self._health),
            ("the runtime contract names the Auth0 domain", self._contract),
            ("a self-made token is refused", self._refuse),
            ("an Auth0 token becomes a session", self._log_in),
            ("the session is valid", self._validate),
            ("the stream opens with an init frame", self._open_stream),
            ("GraphQL runs a playbook; progress and result arrive live", self._run_playbook),
            ("a failing playbook reports its failure live", self._run_failing),
            ("a large result arrives whole", self._run_large),
            ("REST runs an agent", self._run_agent),
            ("the proxied status says that it has ended", self._status),
            ("internal routes stay closed through the proxy", self._closed_doors),
            ("logging out ends the session and its stream", self._log_out),
        ]
        try:
            return await self._walk(steps)
        finally:
            if self._stream is not None:
                await self._stream.close()
            await self._client.aclose()

    async def _walk(self, steps: list[tuple[str, Callable[[], Awaitable[None]]]]) -> bool:
        for title, step in steps:
            try:
                async with asyncio.timeout(30):
                    await step()
            except (StepFailed, TimeoutError, httpx.HTTPError, KeyError, ValueError, msgspec.MsgspecError) as error:
                self._say(f"FAILED  {title}: {type(error).__name__}: {error}")
                return False
            self._say(f"ok      {title}")
        return True

    async def _health(self) -> None:
        health, ready = await self._client.get("/health"), await self._client.get("/ready")
        expect(health.text == "ok", f"/health says {health.text!r}")
        expect(ready.status_code == 200, f"/ready says {ready.text}")

    async def _contract(self) -> None:
        contract = (await self._client.get("/api/runtime/contract")).json()
        expect(contract["auth0"]["domain"] == self._stack.issuer.url, "another Auth0 domain")

    async def _refuse(self) -> None:
        forged = self._stack.issuer.issue("alice@example.com")[:-8] + "AAAAAAAA"
        reply = await self._client.post("/api/auth/login", json={"auth0_token": forged})
        expect(reply.status_code == 401, f"a forged token gave {reply.status_code}")

    async def _log_in(self) -> None:
        body = {"auth0_token": self._stack.issuer.issue("alice@example.com"), "auth0_domain": self._stack.issuer.url}
        reply = await self._client.post("/api/auth/login", json=body)
        expect(reply.status_code == 200, f"login gave {reply.status_code}: {reply.text}")
        self._token = reply.json()["session_token"]
        self._client.headers["authorization"] = f"Bearer {self._token}"

    async def _validate(self) -> None:
        reply = await self._client.post("/api/auth/validate", json={"session_token": self._token})
        expect(reply.json()["valid"] is True, "the session is not valid")

    async def _open_stream(self) -> None:
        self._stream = await Stream.open(self._client)
        event, frame = await self._stream.next("message")
        expect(event == "message" and bool(frame.result.get("clientId")), "no client id")
        self._stream.client_id = str(frame.result["clientId"])

    async def _execute(self, name: str, variables: dict[str, object]) -> dict[str, str]:
        stream = self._open
        body = {"query": _EXECUTE, "variables": {"name": name, "variables": variables, "clientId": stream.client_id}}
        reply = (await self._client.post("/graphql", json=body)).json()
        expect("errors" not in reply, f"GraphQL says {reply.get('errors')}")
        started: dict[str, str] = reply["data"]["executePlaybook"]
        expect(bool(started["requestId"]), "no request id")
        return started

    @property
    def _open(self) -> "Stream":
        if self._stream is None:
            raise StepFailed("the stream is not open")
        return self._stream

    async def _run_playbook(self) -> None:
        started = await self._execute("demo/steps", {"seconds": 1})
        _, progress = await self._open.next("playbook/progress")
        expect(progress.params["requestId"] == started["requestId"], "progress of another request")
        _, state = await self._open.next("playbook/state", status="completed")
        expect(state.params["execution_id"] == started["executionId"], "state of another execution")
        _, result = await self._open.next("playbook/result")
        expect(result.params["requestId"] == started["requestId"], "result of another request")
        expect(bool(_member(result, "textOutput")), "the result has no text")

    async def _run_failing(self) -> None:
        started = await self._execute("demo/fails", {})
        _, result = await self._open.next("playbook/result", requestId=started["requestId"])
        expect(result.params["status"] == "FAILED", "the failure is not reported")

    async def _run_large(self) -> None:
        started = await self._execute("demo/large", {"bytes": 3_000_000})
        _, result = await self._open.next("playbook/result", requestId=started["requestId"])
        expect(len(_member(result, "payload")) == 3_000_000, "the result is not whole")

    async def _run_agent(self) -> None:
        body = {"path": "demo/agents/assistant", "workload": {"question": "Why?"}, "resource_kind": "agent"}
        reply = await self._client.post("/noetl/execute", json=body)
        expect(reply.status_code == 200, f"execute gave {reply.status_code}: {reply.text}")
        self._execution_id = reply.json()["execution_id"]

    async def _status(self) -> None:
        for _ in range(100):
            reply = await self._client.get(f"/noetl/executions/{self._execution_id}/status")
            expect(reply.status_code == 200, f"status gave {reply.status_code}")
            if reply.json()["completed"]:
                return
            await asyncio.sleep(0.05)
        raise StepFailed("the agent did not end")

    async def _closed_doors(self) -> None:
        for path in ("/noetl/auth/login", "/noetl/internal%2Fplugins", "/noetl/Auth/session/validate"):
            reply = await self._client.post(path, json={})
            expect(reply.status_code in (400, 403), f"{path} gave {reply.status_code}")

    async def _log_out(self) -> None:
        reply = await self._client.post("/api/auth/logout")
        expect(reply.status_code == 200, f"logout gave {reply.status_code}")
        await self._open.ended()
        reply = await self._client.get("/noetl/health")
        expect(reply.status_code == 401, f"after logout the proxy gave {reply.status_code}")


class Stream:
    """An open `/events`, read by a task of its own."""

    def __init__(self, response: httpx.Response) -> None:
        self.client_id = ""
        self._response = response
        self._frames: asyncio.Queue[tuple[str, Frame] | None] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, client: httpx.AsyncClient) -> "Stream":
        request = client.build_request("GET", "/events", timeout=httpx.Timeout(20, read=None))
        response = await client.send(request, stream=True)
        expect(response.status_code == 200, f"/events gave {response.status_code}")
        return cls(response)

    async def _read(self) -> None:
        try:
            async for event, data in _events(self._response.aiter_lines()):
                self._frames.put_nowait((event, msgspec.json.decode(data, type=Frame)))
        finally:
            self._frames.put_nowait(None)

    async def next(self, event: str, **params: str) -> tuple[str, Frame]:
        """The next frame of this event whose params are these; others are passed over."""
        while (found := await self._frames.get()) is not None:
            name, frame = found
            if name == event and all(frame.params.get(key) == value for key, value in params.items()):
                return name, frame
        raise StepFailed(f"the stream ended before a {event}")

    async def ended(self) -> None:
        while await self._frames.get() is not None:
            pass

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.wait((self._reading,))
        await self._response.aclose()


def _member(result: Frame, name: str) -> str:
    data = result.params.get("data")
    return str(data.get(name, "")) if isinstance(data, dict) else ""


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, str]]:
    event, data = "message", ""
    async for line in lines:
        if line.startswith("event:"):
            event = line[6:].strip()
        elif line.startswith("data:"):
            data = line[5:].strip()
        elif not line:
            if data:
                yield event, data
            event, data = "message", ""

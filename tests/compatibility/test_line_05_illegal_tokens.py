"""Line 5: tokens `>`, `*`, `a b`, `.x`, 5000 characters, empty: never reach NATS, never authenticate, no 5xx.

A token may become part of a key of the sessions' bucket only if it is `[A-Za-z0-9_=./-]{1,512}` without a leading or
trailing dot (D6, D7).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from tests.compatibility.conftest import client_of
from tests.compatibility.nats_wire import NatsWire, nats_wire
from tests.compatibility.raw_http import ask
from tests.compatibility.stored import store
from tests.integration.gateway.conftest import Deployment

pytestmark = pytest.mark.integration

ILLEGAL = [
    ">",
    "*",
    "a b",
    ".x",
    "x.",
    "a..b",
    "x" * 513,
    "x" * 5000,
    "",
    "a\tb",
    "ünsafe",
    "a>b",
    "$KV.sessions.>",
    "tokens.*",
    "%3E",
]


@dataclass(frozen=True, slots=True)
class Watched:
    client: httpx.AsyncClient
    origin: str
    wire: NatsWire
    bucket: str

    def forget(self) -> None:
        for connection in self.wire.sent:
            connection.clear()

    def touched_sessions(self) -> list[str]:
        """What of the sessions' bucket was read or written since."""
        return [command.line for command in self.wire.commands() if any(self.bucket in s for s in command.subjects)]


@pytest.fixture(scope="module")
async def watched(deployment: Deployment) -> AsyncIterator[Watched]:
    async with (
        nats_wire(deployment.behind.nats_url) as wire,
        deployment.gateway(NATS_URL=wire.url) as client,
        client_of(str(client.base_url)) as stranger,
    ):
        await deployment.log_in(client)
        await store(deployment, "newest-session-of-somebody", {"user_id": 1, "email": "x@example.com"})
        origin = str(client.base_url).rstrip("/")
        yield Watched(stranger, origin, wire, deployment.variables["NATS_SESSION_BUCKET"])


@pytest.mark.parametrize("token", ILLEGAL, ids=lambda token: f"{token[:14]}-{len(token)}")
async def test_line_05_tokens_of_illegal_shape_never_reach_nats(watched: Watched, token: str) -> None:
    watched.forget()
    sent = token.encode()
    for header in (
        ("X-Session-Token", sent),
        ("Authorization", b"Bearer " + sent),
        ("Cookie", b"session_token=" + sent),
    ):
        for path in ("/noetl/health", "/graphql?query=%7Bhealth%7D"):
            answer = await ask(watched.origin, path, [header])
            assert answer.status == 401
            assert answer.text in ("Invalid or expired session", "Missing authentication token")
    await _refused_by_body_and_query(watched.client, token)
    assert watched.touched_sessions() == []
    assert len(token) < 3 or sent not in b"".join(bytes(connection) for connection in watched.wire.sent)


async def _refused_by_body_and_query(client: httpx.AsyncClient, token: str) -> None:
    valid = await client.post("/api/auth/validate", json={"session_token": token})
    assert (valid.status_code, valid.json()["valid"]) == (200, False)
    question = {"session_token": token, "playbook_path": "demo/quick", "permission_type": "execute"}
    access = await client.post("/api/auth/check-access", json=question)
    assert (access.status_code, access.json()["allowed"]) == (200, False)
    stream = await client.get("/events", params={"session_token": token})
    assert stream.status_code == 200
    assert '"code":-32002' in stream.text


@pytest.mark.parametrize("token", ["a\r\nPUB x 0", "a\nb", "a\rb", "a\x00b"])
async def test_line_05_line_ends_get_no_further_than_the_body(watched: Watched, token: str) -> None:
    """In a header they are no HTTP; in JSON they are text like any other."""
    watched.forget()
    await _refused_by_body_and_query(watched.client, token)
    assert watched.touched_sessions() == []
    assert b"PUB x 0" not in b"".join(bytes(connection) for connection in watched.wire.sent)


@pytest.mark.parametrize("token", ["0123456789abcdef", "test-session-token-12345", "a.b", "a/b=c_d-e", "x" * 512])
async def test_line_05_a_token_of_legal_shape_does_reach_nats(watched: Watched, token: str) -> None:
    """Or else the others prove nothing."""
    watched.forget()
    answer = await ask(watched.origin, "/noetl/health", [("X-Session-Token", token)])
    assert (answer.status, answer.text) == (401, "Invalid or expired session")
    assert any(line.split(" ")[1].endswith(f".{token}") for line in watched.touched_sessions())


async def test_line_05_the_connection_to_nats_survives_them_all(watched: Watched, deployment: Deployment) -> None:
    """D7: a token over 4 KiB once made the server drop the connection that everybody shared."""
    connections = len(watched.wire.sent)
    await ask(watched.origin, "/noetl/health", [("X-Session-Token", "x" * 5000)])
    assert (await watched.client.get("/ready")).status_code == 200
    assert len(watched.wire.sent) == connections

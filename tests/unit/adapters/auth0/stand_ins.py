"""What the identity provider needs around it: a clock that is set by hand, and a web that counts."""

import asyncio
from collections import Counter

import httpx
from tests.unit.adapters.auth0.forge import NOW, Json, Key, key_set

from adapters.auth0.issuers import AllowedIssuer

ISSUER = AllowedIssuer.parse("tenant.auth0.com")
JWKS_URL = f"{ISSUER.url}.well-known/jwks.json"
CONFIGURATION_URL = f"{ISSUER.url}.well-known/openid-configuration"


class FakeClock:
    def __init__(self) -> None:
        self.time = float(NOW)

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time - NOW

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


class FakeWeb:
    """`answers` by URL: a body, a response, or an exception to raise; anything else is 404."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | httpx.Response | Exception] = {}
        self.asked: Counter[str] = Counter()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def publish(self, issuer_url: str, *keys: Key | Json) -> None:
        jwks = (key.jwk() if isinstance(key, Key) else key for key in keys)
        self.answers[f"{issuer_url}.well-known/jwks.json"] = key_set(*jwks)

    @property
    def requests(self) -> int:
        return self.asked.total()

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        self.asked[url] += 1
        await self.may_answer.wait()
        answer = self.answers.get(url, httpx.Response(404))
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(200, content=answer) if isinstance(answer, bytes) else answer

"""Goes through the login as a browser and a single-page application do."""

import re
import secrets
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
from tests.unit.demo.transports import asgi_transport

from entrypoints.demo.issuer.codes import s256_challenge
from entrypoints.demo.issuer.server import DemoIssuer

ISSUER_URL = "http://127.0.0.1:9000"
CALLBACK = "http://localhost:3000/callback"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@dataclass
class IssuerClient:
    http: httpx.AsyncClient
    issuer: DemoIssuer

    def code_request(self, verifier: str, **more: str) -> dict[str, str]:
        return {
            "response_type": "code",
            "client_id": self.issuer.client_id,
            "redirect_uri": CALLBACK,
            "state": "st&te",
            "nonce": "n-1",
            "scope": "openid profile email",
            "code_challenge": s256_challenge(verifier),
            "code_challenge_method": "S256",
            **more,
        }

    def implicit_request(self, **more: str) -> dict[str, str]:
        return {
            "response_type": "id_token token",
            "client_id": self.issuer.client_id,
            "redirect_uri": CALLBACK,
            "state": "st&te",
            "nonce": "n-1",
            **more,
        }

    async def choose(self, request: dict[str, str], email: str = "alice@example.com") -> str:
        """Opens the page, presses the user's button and answers where that leads."""
        page = await self.http.get("/authorize", params=request)
        assert page.status_code == 200, page.text
        form = {unescape(name): unescape(value) for name, value in _HIDDEN.findall(page.text)}
        reply = await self.http.post("/authorize", data={**form, "email": email})
        assert reply.status_code == 303, reply.text
        return reply.headers["location"]

    async def exchange(self, code: str, verifier: str, *, change: dict[str, str] | None = None) -> httpx.Response:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.issuer.client_id,
            "redirect_uri": CALLBACK,
            "code_verifier": verifier,
            **(change or {}),
        }
        return await self.http.post("/oauth/token", data=fields)


def new_verifier() -> str:
    return secrets.token_urlsafe(48)


def query_of(location: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(location).query))


def fragment_of(location: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(location).fragment))


def connect(issuer: DemoIssuer) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=asgi_transport(issuer), base_url=ISSUER_URL)


async def verified(http: httpx.AsyncClient, token: str) -> Any:
    """Checks a token as the gateway does: discovery, key set, signature, issuer, audience."""
    discovery = (await http.get("/.well-known/openid-configuration")).json()
    keys = jwt.PyJWKSet.from_dict((await http.get(discovery["jwks_uri"])).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key.key, algorithms=["RS256"], audience="demo-client", issuer=discovery["issuer"])

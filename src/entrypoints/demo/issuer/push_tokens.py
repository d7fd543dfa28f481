"""Identity tokens of a service account: what Pub/Sub pushes with, and Google's metadata server gives out."""

import time

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response
from entrypoints.demo.asgi.router import Route
from entrypoints.demo.issuer.keys import SigningKeys

SERVICE_ACCOUNT = "push@demo.iam.gserviceaccount.example"
_PATH = "/computeMetadata/v1/instance/service-accounts/default/identity"
_TEXT = (("content-type", "text/plain"), ("metadata-flavor", "Google"))
_LIFETIME = 3600


class PushTokens:
    """`GET ...?audience=` with `Metadata-Flavor: Google`, as the metadata server wants it. Signs as Google."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    def routes(self) -> tuple[Route, ...]:
        return (Route("GET", _PATH, self._token),)

    async def _token(self, request: Request) -> Response:
        audience = request.argument("audience")
        if request.header("metadata-flavor") != "Google":
            return Response(status=403, headers=_TEXT, body=b"Missing Metadata-Flavor:Google header.")
        if not audience:
            return Response(status=400, headers=_TEXT, body=b"non-empty audience parameter required")
        return Response(headers=_TEXT, body=self.issue(audience).encode())

    def issue(self, audience: str) -> str:
        now = int(time.time())
        return self._keys.sign(
            {
                "iss": "https://accounts.google.com",
                "aud": audience,
                "sub": "113774264463038321964",
                "email": SERVICE_ACCOUNT,
                "email_verified": True,
                "iat": now,
                "exp": now + _LIFETIME,
            }
        )

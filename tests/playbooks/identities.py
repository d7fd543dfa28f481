"""Tokens and workloads as the gateway sends them."""

import base64
import json
import time
import uuid

from tests.playbooks.worker import Value

DOMAIN = "tenant.eu.auth0.com"


def token(**claims: object) -> str:
    """An Auth0 token; a claim of None is left out. Who signed it is nothing that a playbook looks at."""
    payload = {
        "iss": f"https://{DOMAIN}/",
        "sub": "auth0|alice",
        "email": "alice@example.com",
        "email_verified": True,
        "name": "Alice Example",
        "exp": int(time.time()) + 600,
        **claims,
    }
    kept = {name: value for name, value in payload.items() if value is not None}
    return f"{_part({'alg': 'RS256', 'kid': '1'})}.{_part(kept)}.c2lnbmF0dXJl"


def login(auth0_token: str | None = None, **variables: Value) -> dict[str, Value]:
    return {
        "auth0_token": token() if auth0_token is None else auth0_token,
        "auth0_refresh_token": "",
        "auth0_domain": DOMAIN,
        "session_duration_hours": 8,
        "client_ip": "203.0.113.7",
        "client_user_agent": "Mozilla/5.0",
        **request(),
        **variables,
    }


def request() -> dict[str, Value]:
    request_id = str(uuid.uuid4())
    return {
        "request_id": request_id,
        "callback_subject": f"noetl.callbacks.{request_id}",
        "gateway_url": "http://gateway.test",
    }


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

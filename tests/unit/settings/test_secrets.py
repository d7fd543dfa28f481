import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.settings.conftest import Load

from entrypoints.settings.loading import load
from entrypoints.settings.problems import SettingsInvalid
from entrypoints.settings.redaction import redacted

# Long enough to be nowhere by chance.
secrets = st.text(string.ascii_letters + string.digits + "!$%&()*+,;=-._~:/@", min_size=8, max_size=40).map(
    lambda text: f"S3{text}S3"
)


@given(secrets, secrets, secrets, secrets)
def test_no_secret_is_ever_shown(internal: str, api: str, password: str, in_url: str) -> None:
    variables = {
        "GATEWAY_INTERNAL_TOKEN": internal,
        "NOETL_INTERNAL_API_TOKEN": api,
        "NATS_PASSWORD": password,
        "NATS_URL": f"nats://somebody:{in_url}@nats:4222",
    }
    settings = load(variables)
    shown = f"{settings!r} {settings} {settings.nats!r} {settings.server} {json.dumps(redacted(settings))}"
    assert [secret for secret in (internal, api, password, in_url) if secret in shown] == []
    assert settings.nats.url.get_secret_value() == f"nats://somebody:{in_url}@nats:4222"


@given(secrets, st.sampled_from(["ROUTER_PORT", "NATS_SESSION_BUCKET", "NOETL_BASE_URL", "GATEWAY_WORKERS"]))
def test_a_secret_in_the_wrong_place_is_not_reported_back(secret: str, name: str) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        load({name: f" {secret} "})
    assert secret not in f"{raised.value} {raised.value!r} {raised.value.problems}"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nats://127.0.0.1:4222", "nats://127.0.0.1:4222"),
        ("nats://u:p@a:4222", "nats://***@a:4222"),
        ("tls://t0ken@a", "tls://***@a"),
        ("nats://u:p@a:4222, nats://u:p@b:4222", "nats://***@a:4222,nats://***@b:4222"),
        ("a:4222,b:4222", "a:4222,b:4222"),
        ("u:p@a:4222", "***@a:4222"),
        ("nats://u:p@ss@a", "nats://***@a"),
        ("nats://u:pa://ss@a", "nats://***@a"),
        ("nats://u:pa,ss@a", "nats://***@a"),
        ("u:p://x@a", "***@a"),
    ],
)
def test_a_message_system_is_shown_without_its_credentials(loaded: Load, url: str, shown: str) -> None:
    nats = redacted(loaded({"NATS_URL": url}))["nats"]
    assert isinstance(nats, dict)
    assert nats["url"] == shown


def test_what_is_not_secret_is_shown_as_it_is(loaded: Load) -> None:
    shown = redacted(loaded({"ROUTER_PORT": "7000", "GATEWAY_TRUSTED_PROXIES": "10.0.0.0/8"}))
    server = shown["server"]
    assert isinstance(server, dict)
    assert (server["port"], server["trusted_proxies"], server["internal_token"]) == (7000, ["10.0.0.0/8"], None)
    assert shown["internal_api_token"] is None

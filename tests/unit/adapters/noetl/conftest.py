import pytest
from tests.unit.adapters.noetl.scripted_upstream import BASE_URL, ScriptedUpstream

from adapters.noetl.api_client import NoetlApi
from domain.identity import Session, SessionToken, User
from domain.ports.upstream import Upstream


@pytest.fixture
def upstream() -> ScriptedUpstream:
    return ScriptedUpstream([])


@pytest.fixture
def api(upstream: ScriptedUpstream) -> NoetlApi:
    fitting: Upstream = upstream
    return NoetlApi(upstream=fitting, base_url=BASE_URL, timeout=60)


@pytest.fixture
def hasty_api(upstream: ScriptedUpstream) -> NoetlApi:
    """Its deadline passes as soon as something has to be waited for."""
    return NoetlApi(upstream=upstream, base_url=BASE_URL, timeout=0.01)


@pytest.fixture
def session() -> Session:
    user = User(user_id=7, email="ada@example.test", display_name="Ada", roles=("admin", "developer"))
    return Session(token=SessionToken("46d43dee4e2c3a47af4b75c00a048713", True), user=user)

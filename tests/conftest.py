from collections.abc import Iterator

import pytest

_NATS_USED = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def nats_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A running NATS server with JetStream, found as `tests/nats_servers.py` says."""
    from tests.nats_servers import nats_server  # Docker's client is slow to import: only where it is needed

    with nats_server() as server:
        request.config.stash[_NATS_USED] = server.origin
        yield server.url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    origin = config.stash.get(_NATS_USED, None)
    if origin is not None:
        terminalreporter.write_line(f"NATS for this run: {origin}")

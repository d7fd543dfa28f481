import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.playbooks.database import Database
from tests.playbooks.postgres import PostgresMissing, postgres_server
from tests.playbooks.worker import Worker

_HERE = Path(__file__).parent
_CAPTURES = _HERE.parent / "fixtures" / "noetl-captures"


def _is_asked_for(config: pytest.Config) -> bool:
    """Is the suite named on the command line? It needs PostgreSQL, so it is a target of its own."""
    named = (Path(argument.split("::")[0]) for argument in config.invocation_params.args)
    return any((config.invocation_params.dir / path).resolve().is_relative_to(_HERE) for path in named)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if collection_path.is_relative_to(_HERE) and not _is_asked_for(config) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not _is_asked_for(config):
        terminalreporter.write_line("The auth playbooks have a suite of their own: make test-playbooks")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Database]:
    try:
        with postgres_server() as database:
            yield database
    except PostgresMissing as missing:
        pytest.exit(str(missing), returncode=1)


@pytest.fixture(scope="session")
def provisioned(postgres: Database) -> Database:
    from tests.playbooks.catalog import load

    database = postgres.create("auth_test")
    database.rows(load("provision_auth_schema").sql("start"))
    return database


@pytest.fixture
def database(provisioned: Database) -> Database:
    """The schema as it is after provisioning: roles and grants, nobody in it."""
    provisioned.rows("TRUNCATE auth.users, auth.sessions, auth.user_roles, auth.audit_log RESTART IDENTITY CASCADE")
    return provisioned


@pytest.fixture(params=["python", "rust"])
def worker(request: pytest.FixtureRequest) -> Worker:
    # Imported late: this file is read by every run, the template engines are there for this suite alone.
    from tests.playbooks.python_worker import PythonWorker
    from tests.playbooks.rust_worker import RustWorker

    return PythonWorker() if request.param == "python" else RustWorker()


@pytest.fixture(scope="session")
def captured() -> "CapturedBodies":
    return CapturedBodies()


class CapturedBodies:
    """What the real playbooks posted."""

    def __getitem__(self, name: str) -> dict[str, object]:
        body: dict[str, object] = json.loads((_CAPTURES / f"{name}.json").read_text())["body"]
        return body

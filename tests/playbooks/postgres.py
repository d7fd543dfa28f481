"""A real PostgreSQL of the suite's own: Debian's package, a temporary directory, a unix socket, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.playbooks.database import Database

MISSING = (
    "PostgreSQL is not installed, and this suite runs the playbooks' SQL on a real one. "
    "On Debian and Ubuntu: apt-get install -y postgresql"
)
_START_TIMEOUT = 30.0
"""Seconds."""


class PostgresMissing(Exception):
    pass


@contextmanager
def postgres_server() -> Iterator[Database]:
    """Raises PostgresMissing."""
    binaries = _binaries()
    owner = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        if owner:
            shutil.chown(directory, owner, owner)
            directory.chmod(0o755)
        cluster = directory / "data"
        initdb: list[str | Path] = [binaries / "initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "--no-sync"]
        _run([*initdb, "--encoding=UTF8", "--locale=C.UTF-8"], owner, directory)
        serve: list[str | Path] = [binaries / "postgres", "-D", cluster, "-k", directory]
        serve += ["-c", "listen_addresses=", "-c", "fsync=off"]
        if setpriv := shutil.which("setpriv"):  # should this process die, so does the server
            serve = [setpriv, "--pdeathsig", "INT", "--", *serve]
        with (directory / "server.log").open("wb") as log:
            process = subprocess.Popen(serve, stdout=log, stderr=log, cwd=directory, user=owner, group=owner)
        database = Database(binaries / "psql", directory)
        try:
            _wait_for([binaries / "pg_isready", "-q", "-h", directory], process, directory / "server.log")
            yield database
        finally:
            process.send_signal(2)  # SIGINT: a fast shutdown, which does not wait for clients
            process.wait(timeout=_START_TIMEOUT)


def _binaries() -> Path:
    """Debian keeps the server's programs out of PATH, by version."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    if found is None:
        raise PostgresMissing(MISSING)
    return Path(found).resolve().parent


def _run(command: list[str | Path], owner: str | None, directory: Path) -> None:
    done = subprocess.run(command, cwd=directory, user=owner, group=owner, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stderr.decode(errors='replace')}")


def _wait_for(ask: list[str | Path], process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < give_up and process.poll() is None:
        if subprocess.run(ask, check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")

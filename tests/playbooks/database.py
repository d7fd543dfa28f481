"""A database, asked by psql."""

import csv
import io
import os
import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TABLES = (
    "users",
    "roles",
    "permissions",
    "user_roles",
    "role_permissions",
    "playbook_permissions",
    "sessions",
    "audit_log",
)


class StatementFailed(Exception):
    """The text is psql's."""


@dataclass(frozen=True, slots=True)
class Database:
    psql: Path
    socket_directory: Path
    name: str = "postgres"

    def rows(self, sql: str) -> list[dict[str, str]]:
        """The rows of the last statement, everything as text, NULL as empty text.

        Raises StatementFailed; then nothing of `sql` has happened.
        """
        [outcome] = self.each([sql])
        if isinstance(outcome, StatementFailed):
            raise outcome
        return outcome

    def each(self, scripts: Sequence[str]) -> list["list[dict[str, str]] | StatementFailed"]:
        """The same for many scripts, each a transaction of its own, by one run of psql."""
        mark = f"done-{secrets.token_hex(8)}"
        source = "".join(f"BEGIN;\n{script}\n;\nCOMMIT;\n\\echo {mark}\n\\warn {mark}\n" for script in scripts)
        command = [
            str(self.psql),
            "-X",
            "-q",
            "--csv",
            "-h",
            str(self.socket_directory),
            "-U",
            "postgres",
            "-d",
            self.name,
        ]
        environment = {**os.environ, "PGCLIENTENCODING": "UTF8", "PGOPTIONS": "-c client_min_messages=error"}
        done = subprocess.run(command, input=source.encode(), capture_output=True, env=environment, check=False)
        tables = done.stdout.decode().split(f"{mark}\n")
        errors = done.stderr.decode(errors="replace").split(f"{mark}\n")
        if len(tables) != len(scripts) + 1:
            raise RuntimeError(f"psql lost its place:\n{errors[-1]}")
        return [
            StatementFailed(error) if error else _rows(table)
            for table, error in zip(tables[:-1], errors[:-1], strict=True)
        ]

    def value(self, sql: str) -> str:
        [row] = self.rows(sql)
        [only] = row.values()
        return only

    def contents(self) -> dict[str, set[str]]:
        """Every row of every table of the schema auth, as JSON text."""
        parts = (f"SELECT '{table}' AS name, to_jsonb(t)::text AS content FROM auth.{table} t" for table in TABLES)
        found: dict[str, set[str]] = {table: set() for table in TABLES}
        for row in self.rows(" UNION ALL ".join(parts)):
            found[row["name"]].add(row["content"])
        return found

    def create(self, name: str) -> "Database":
        self.rows(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        command = [str(self.psql), "-X", "-q", "-h", str(self.socket_directory), "-U", "postgres"]
        for statement in (f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}"):
            subprocess.run([*command, "-c", statement], check=True, capture_output=True)
        return Database(self.psql, self.socket_directory, name)


def _rows(table: str) -> list[dict[str, str]]:
    header, *records = list(csv.reader(io.StringIO(table, newline=""))) or [[]]
    return [dict(zip(header, record or [""], strict=True)) for record in records]

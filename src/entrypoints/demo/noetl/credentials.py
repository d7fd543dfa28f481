"""Stored credentials. The ones that are here from the start open nothing."""

from dataclasses import dataclass, field
from datetime import datetime

from entrypoints.demo.json_types import JsonObject, JsonValue
from entrypoints.demo.noetl.snowflake import SnowflakeIds
from entrypoints.demo.noetl.timestamps import iso_text, now

_NOT_REAL = "not-a-real-password"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    credential_id: int
    name: str
    kind: str
    data: JsonObject
    description: str = ""
    created_at: datetime = field(default_factory=now)

    def view(self, *, include_data: bool = False) -> JsonObject:
        body: dict[str, JsonValue] = {
            "id": str(self.credential_id),
            "name": self.name,
            "type": self.kind,
            "meta": {},
            "tags": [],
            "description": self.description,
            "created_at": iso_text(self.created_at),
            "updated_at": iso_text(self.created_at),
        }
        return {**body, "data": self.data} if include_data else body


class Credentials:
    def __init__(self, ids: SnowflakeIds) -> None:
        self._ids = ids
        self._credentials: dict[str, Credential] = {}
        self.put("pg_auth", "postgres", {"db_user": "demo", "db_password": _NOT_REAL}, "Auth database")
        self.put("nats_credential", "nats", {"user": "demo", "password": _NOT_REAL}, "Session cache")

    def __contains__(self, name: str) -> bool:
        return name in self._credentials

    def put(self, name: str, kind: str, data: JsonObject, description: str = "") -> Credential:
        credential = Credential(
            credential_id=self._ids.next(), name=name, kind=kind, data=data, description=description
        )
        self._credentials[name] = credential
        return credential

    def find(self, identifier: str) -> Credential | None:
        """By name or by id."""
        return next((c for c in self._credentials.values() if identifier in {c.name, str(c.credential_id)}), None)

    def delete(self, identifier: str) -> Credential | None:
        credential = self.find(identifier)
        return self._credentials.pop(credential.name) if credential else None

    def all(self, kind: str | None = None) -> list[Credential]:
        return [c for c in self._credentials.values() if kind in {None, c.kind}]

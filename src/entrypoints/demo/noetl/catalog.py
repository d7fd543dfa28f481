"""The catalog: playbooks and agents by path, version and id."""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime

from entrypoints.demo.json_types import JsonObject
from entrypoints.demo.noetl.playbook import Playbook
from entrypoints.demo.noetl.playbook_source import parse_playbook, render_document
from entrypoints.demo.noetl.snowflake import SnowflakeIds
from entrypoints.demo.noetl.timestamps import iso_text, now


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry:
    catalog_id: int
    version: int
    playbook: Playbook
    content: str
    document: JsonObject
    created_at: datetime = field(default_factory=now)

    @property
    def path(self) -> str:
        return self.playbook.path

    def view(self) -> JsonObject:
        is_agent = self.playbook.kind == "agent"
        return {
            "catalog_id": str(self.catalog_id),
            "path": self.path,
            "version": self.version,
            "kind": self.playbook.kind,
            "content": self.content,
            "layout": None,
            "payload": self.document,
            "meta": {
                "agent": is_agent,
                "terminal": {},
                "capabilities": ["chat"] if is_agent else [],
                "registered_at": iso_text(self.created_at),
                "terminal_scopes": [],
                "terminal_visible": False,
            },
            "created_at": self.created_at.replace(tzinfo=None).isoformat(timespec="microseconds"),
        }


class Catalog:
    def __init__(self, ids: SnowflakeIds) -> None:
        self._ids = ids
        self._entries: list[CatalogEntry] = []

    def add(self, playbook: Playbook) -> CatalogEntry:
        document = playbook.document()
        return self._append(playbook, render_document(document), document)

    def register(self, content: str) -> CatalogEntry:
        """Takes YAML, plain or in base64. Raises `PlaybookSourceError` when it is no playbook."""
        source = _plain(content)
        playbook, document = parse_playbook(source)
        return self._append(playbook, source, document)

    def find(self, path: str, version: int | None = None) -> CatalogEntry | None:
        """The newest version where none is named."""
        versions = [entry for entry in self._entries if entry.path == path]
        if version is not None:
            versions = [entry for entry in versions if entry.version == version]
        return versions[-1] if versions else None

    def find_id(self, catalog_id: int) -> CatalogEntry | None:
        return next((entry for entry in self._entries if entry.catalog_id == catalog_id), None)

    def entries(self, kind: str | None = None) -> list[CatalogEntry]:
        """The newest first; kinds are compared without case, as the clients write them both ways."""
        wanted = kind.lower() if kind else None
        return [entry for entry in reversed(self._entries) if wanted in {None, entry.playbook.kind}]

    def _append(self, playbook: Playbook, content: str, document: JsonObject) -> CatalogEntry:
        previous = self.find(playbook.path)
        entry = CatalogEntry(
            catalog_id=self._ids.next(),
            version=previous.version + 1 if previous else 1,
            playbook=playbook,
            content=content,
            document=document,
        )
        self._entries.append(entry)
        return entry


def _plain(content: str) -> str:
    try:
        return base64.b64decode(content, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return content

"""The recorded traffic of a real NoETL server."""

from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parents[2] / "fixtures" / "noetl-captures"


def capture(name: str) -> Any:
    return msgspec.json.decode((FOLDER / f"{name}.json").read_bytes())


def names() -> set[str]:
    return {file.stem for file in FOLDER.glob("*.json")}


def captured_playbook_source() -> str:
    """The YAML of the playbook that the real server ran."""
    source: str = capture("catalog_list_playbook")["response"]["body"]["entries"][0]["content"]
    return source


def captured_events(name: str) -> list[dict[str, Any]]:
    return [m["payload"] for m in capture(name) if m["subject"].startswith("noetl.events.")]

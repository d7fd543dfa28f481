"""The file and the environment as nested mappings; nothing is interpreted here."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import yaml
from dotenv import dotenv_values

from entrypoints.settings.problems import SettingsInvalid


def environment(process: Mapping[str, str], directory: Path) -> dict[str, str]:
    """The process environment over `.env` of the working directory.

    Values starting with `tcp://` are left out: Kubernetes puts GATEWAY_PORT=tcp://... into every pod beside a
    Service that is called gateway.

    Raises SettingsInvalid for a `.env` that cannot be read.
    """
    try:
        dotenv = {name: value for name, value in dotenv_values(directory / ".env").items() if value is not None}
    except (OSError, ValueError) as error:
        raise SettingsInvalid([f".env: the file cannot be read: {type(error).__name__}"]) from None
    return _without_kubernetes_links(dotenv) | _without_kubernetes_links(process)


def _without_kubernetes_links(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if not value.startswith("tcp://")}


def file_settings(path: str | None) -> dict[str, object]:
    """The content of the settings file, empty if none is named. Raises SettingsInvalid."""
    if not path:
        return {}
    try:
        text = Path(path).read_text(encoding="utf-8")
        content = _parse(Path(path).suffix.lower(), text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        # Not chained: the text of a parser's error quotes the file, secrets included.
        raise SettingsInvalid(
            [f"GATEWAY_CONFIG: the file cannot be read as settings: {type(error).__name__}{_line(error)}"]
        ) from None
    if not isinstance(content, dict):
        raise SettingsInvalid(["GATEWAY_CONFIG: the file must hold sections with keys"])
    return {str(key): value for key, value in content.items() if value is not None}


def _line(error: Exception) -> str:
    found = re.findall(r"\bline ([0-9]+)", str(error))
    return f" in line {found[-1]}" if found else ""


def _parse(suffix: str, text: str) -> object:
    """By extension, else by look (wire 10)."""
    if suffix == ".json" or (suffix not in (".toml", ".yaml", ".yml") and text.lstrip().startswith("{")):
        return json.loads(text)
    if suffix in (".yaml", ".yml") or (suffix != ".toml" and ("---" in text or ": " in text)):
        return yaml.safe_load(text) or {}
    return tomllib.loads(text)

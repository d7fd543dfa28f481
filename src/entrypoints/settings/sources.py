"""The file and the environment as nested mappings; nothing is interpreted here."""

import json
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
    """
    dotenv = {name: value for name, value in dotenv_values(directory / ".env").items() if value is not None}
    merged = {**dotenv, **process}
    return {name: value for name, value in merged.items() if not value.startswith("tcp://")}


def file_settings(path: str | None) -> dict[str, object]:
    """The content of the settings file, empty if none is named. Raises SettingsInvalid."""
    if not path:
        return {}
    try:
        text = Path(path).read_text(encoding="utf-8")
        content = _parse(Path(path).suffix.lower(), text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SettingsInvalid(
            [f"GATEWAY_CONFIG: {path} cannot be read as settings: {type(error).__name__}"]
        ) from error
    if not isinstance(content, dict):
        raise SettingsInvalid([f"GATEWAY_CONFIG: {path} must hold sections with keys"])
    return content


def _parse(suffix: str, text: str) -> object:
    """By extension, else by look (wire 10)."""
    if suffix == ".json" or (suffix not in (".toml", ".yaml", ".yml") and text.lstrip().startswith("{")):
        return json.loads(text)
    if suffix in (".yaml", ".yml") or (suffix != ".toml" and ("---" in text or ": " in text)):
        return yaml.safe_load(text) or {}
    return tomllib.loads(text)

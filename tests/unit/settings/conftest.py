from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from entrypoints.settings.loading import Settings, load
from entrypoints.settings.problems import SettingsInvalid

Load = Callable[..., Settings]
Problems = Callable[..., list[str]]


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    """Settings from variables, from the text of a file, and from the text of a `.env`."""

    def loaded(
        variables: Mapping[str, str] | None = None, file: str = "", name: str = "gateway.toml", dotenv: str = ""
    ) -> Settings:
        environment = dict(variables or {})
        if file:
            (tmp_path / name).write_text(file)
            environment["GATEWAY_CONFIG"] = str(tmp_path / name)
        if dotenv:
            (tmp_path / ".env").write_text(dotenv)
        return load(environment, tmp_path)

    return loaded


@pytest.fixture
def problems(loaded: Load) -> Problems:
    """What is wrong with such settings."""

    def problems(variables: Mapping[str, str] | None = None, file: str = "", name: str = "gateway.toml") -> list[str]:
        with pytest.raises(SettingsInvalid) as raised:
            loaded(variables, file, name)
        return raised.value.problems

    return problems

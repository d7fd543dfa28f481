"""Helm, found or built; what it renders, as mappings."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "infra" / "helm" / "gateway"
_MODULE = "helm.sh/helm/v3/cmd/helm@v3.16.4"
_BUILT = Path(sys.executable).with_name("helm")

Values = dict[str, object]
Object = dict[str, object]


class HelmMissing(Exception):
    """Neither Helm nor a Go that could build it is here."""


class HelmRefused(Exception):
    """The message is Helm's own."""


@dataclass(frozen=True, slots=True)
class Helm:
    binary: str

    def lint(self, values: Values) -> str:
        return self._run(values, "lint", str(CHART), "--strict")

    def render(self, values: Values, *flags: str, chart: Path = CHART) -> list[Object]:
        output = self._run(values, "template", "noetl-gateway", str(chart), "--namespace", "gateway", *flags)
        return [item for item in yaml.safe_load_all(output) if item]

    def notes(self, values: Values) -> str:
        """What an installation prints. `helm install` asks a cluster even in a dry run, so NOTES become an object."""
        with tempfile.TemporaryDirectory() as directory:
            chart = Path(directory) / "gateway"
            shutil.copytree(CHART, chart)
            templates = chart / "templates"
            text = (templates / "NOTES.txt").read_text(encoding="utf-8")
            (templates / "_notes.tpl").write_text(f'{{{{ define "notes" }}}}{text}{{{{ end }}}}', encoding="utf-8")
            (templates / "notes.yaml").write_text('notes: {{ include "notes" . | toJson }}', encoding="utf-8")
            found = self.render(values, "--show-only", "templates/notes.yaml", chart=chart)
        return str(found[0]["notes"])

    def _run(self, values: Values, *arguments: str) -> str:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(values, file)
            file.flush()
            done = subprocess.run(
                [self.binary, *arguments, "--values", file.name],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                env={**os.environ, "KUBECONFIG": os.devnull},
            )
        if done.returncode:
            raise HelmRefused(done.stdout + done.stderr)
        return done.stdout


def find_helm() -> Helm:
    """From PATH, from an earlier build, or built by Go. Raises HelmMissing."""
    found = shutil.which("helm") or (str(_BUILT) if _BUILT.exists() else None)
    return Helm(found or _build())


def _build() -> str:
    go = shutil.which("go")
    if go is None:
        raise HelmMissing("helm is not on PATH, and there is no Go that could build it")
    with tempfile.TemporaryDirectory() as directory:
        # GOBIN is not the environment's folder at once: a build that is cut off must not leave half a file there.
        environment = {**os.environ, "GOBIN": directory, "CGO_ENABLED": "0"}
        done = subprocess.run(
            [go, "install", _MODULE], capture_output=True, text=True, timeout=900, check=False, env=environment
        )
        if done.returncode:
            raise HelmMissing(f"helm is not on PATH, and Go could not build it: {done.stderr.strip()[-400:]}")
        shutil.copy2(Path(directory) / "helm", _BUILT.with_suffix(".new"))
        _BUILT.with_suffix(".new").replace(_BUILT)
    return str(_BUILT)


def the(objects: list[Object], kind: str, name: str = "gateway") -> Object:
    found = [item for item in objects if item["kind"] == kind and at(item, "metadata", "name") == name]
    assert len(found) == 1, f"{len(found)} times {kind} {name} in {kinds(objects)}"
    return found[0]


def kinds(objects: list[Object]) -> list[str]:
    return sorted(str(item["kind"]) for item in objects)


def items_at(value: object, *path: str | int) -> list[object]:
    found = at(value, *path)
    assert isinstance(found, list)
    return found


def at(value: object, *path: str | int) -> object:
    for key in path:
        if isinstance(key, int):
            assert isinstance(value, list)
            value = value[key]
        else:
            assert isinstance(value, dict), f"no {key} in {value!r}"
            value = value.get(key)
    return value

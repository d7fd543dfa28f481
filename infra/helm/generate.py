"""Makes values.schema.json and the Helm reference from values.yaml, so that neither can drift from it.

    python infra/helm/generate.py            writes both
    python infra/helm/generate.py --check    exit 1 if either is not what it should be

Every value of values.yaml has a comment above it: that is its line in the reference.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from entrypoints.settings.loading import fields

_HERE = Path(__file__).parent
_CHART = _HERE / "gateway"
_REFERENCE = _HERE.parents[1] / "docs" / "helm-reference.md"
_BEGIN, _END = "<!-- values:begin -->", "<!-- values:end -->"
# What the default alone does not tell.
_ALSO = {
    "service.type": {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
    "image.pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "env.authBypass": {"type": ["string", "boolean"], "enum": ["true", "false", "", True, False]},
    "env.routerPort": {"type": ["string", "integer"], "pattern": "^[0-9]+$"},
    "podDisruptionBudget.minAvailable": {"type": ["integer", "string"]},
}
_OPEN = frozenset(
    {
        "config",
        "resources",
        "service.annotations",
        "ingress.annotations",
        "serviceAccount.annotations",
        "serviceMonitor.labels",
        "podLabels",
        "podAnnotations",
        "nodeSelector",
        "affinity",
    }
)
_TYPES = {bool: "boolean", int: "integer", str: "string", list: "array"}


def schema_of(value: object, path: str) -> dict[str, object]:
    also: dict[str, object] = dict(_ALSO.get(path, {}))
    if path == "settings":
        names = sorted(name for _, _, _, known in fields() for name in known.names)
        kinds = {"type": ["string", "number", "boolean"]}
        return {"type": "object", "properties": dict.fromkeys(names, kinds), "additionalProperties": False}
    if isinstance(value, dict):
        if path in _OPEN:
            return {"type": "object"}
        inner = {key: schema_of(item, f"{path}.{key}" if path else key) for key, item in value.items()}
        if not path:
            inner["global"] = {"type": "object"}
        return {"type": "object", "properties": inner, "additionalProperties": False}
    if value is None:
        return {"type": ["string", "integer", "null"], **also}
    return {"type": _TYPES[type(value)], **also}


def rows(text: str) -> Iterator[tuple[str, str, str]]:
    """Each value as (path, default, meaning), in the order of the file."""
    values = yaml.safe_load(text)
    path: list[str] = []
    comments: list[str] = []
    for line in text.splitlines():
        entry = re.match(r"^( *)([A-Za-z]\w*):", line)
        if line.strip().startswith("#"):
            comments.append(line.strip().lstrip("# "))
        elif entry:
            path[len(entry[1]) // 2 :] = [entry[2]]
            value = _at(values, path)
            name = ".".join(path)
            inside = any(name.startswith(f"{whole}.") for whole in _OPEN)
            if not inside and (not isinstance(value, dict) or not value or name in _OPEN):
                if not comments:
                    raise SystemExit(f"values.yaml: {name} has no comment")
                yield name, json.dumps(value), " ".join(comments)
            comments = []
        else:
            comments = [] if not line.strip() else comments


def _at(values: object, path: list[str]) -> object:
    for key in path:
        if not isinstance(values, dict) or key not in values:
            return None
        values = values[key]
    return values


def table(text: str) -> str:
    lines = ["| Value | Default | Meaning |", "|---|---|---|"]
    lines += [f"| `{name}` | `{default}` | {meaning} |" for name, default, meaning in rows(text)]
    return "\n".join(lines)


def main(check: bool) -> int:
    text = (_CHART / "values.yaml").read_text(encoding="utf-8")
    schema = {"$schema": "https://json-schema.org/draft-07/schema#", **schema_of(yaml.safe_load(text), "")}
    wanted = {_CHART / "values.schema.json": json.dumps(schema, indent=2) + "\n"}
    page = _REFERENCE.read_text(encoding="utf-8")
    head, tail = page.split(_BEGIN)[0], page.split(_END)[1]
    wanted[_REFERENCE] = f"{head}{_BEGIN}\n{table(text)}\n{_END}{tail}"
    stale = [
        path for path, content in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != content
    ]
    if check:
        sys.stderr.writelines(f"{path.name} is not up to date: run infra/helm/generate.py\n" for path in stale)
        return 1 if stale else 0
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))

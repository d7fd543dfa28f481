"""Audits the pinned dependencies: what can be told offline always, known vulnerabilities where OSV can be reached.

    python infra/audit.py [requirements/*.txt]

Exits with 1 if something is wrong. Not reaching the vulnerability service is said loudly, and is not wrong.
"""

import importlib.metadata
import json
import os
import re
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

OSV = "https://api.osv.dev"
ALLOWED = frozenset(
    {"MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "BSD", "0BSD", "Apache-2.0", "PSF-2.0", "Python-2.0"}
    | {"MPL-2.0", "ISC", "Unlicense", "CC0-1.0", "Zlib"}
)
_WORDS = (
    ("apache", "Apache-2.0"),
    ("mozilla public license 2.0", "MPL-2.0"),
    ("mpl-2.0", "MPL-2.0"),
    ("python software foundation", "PSF-2.0"),
    ("bsd", "BSD"),
    ("mit", "MIT"),
    ("isc", "ISC"),
)
_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)(\[[A-Za-z0-9,._-]+\])?==(?P<version>[A-Za-z0-9.!+_-]+)(?P<rest>(\s.*)?)"
)
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


class Pin(NamedTuple):
    name: str
    version: str


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def statements(text: str) -> Iterator[str]:
    """The lines of a requirements file, continued ones joined, comments and empty ones left out."""
    for line in text.replace("\\\n", " ").splitlines():
        statement = re.sub(r"(^|\s)#.*", "", line).strip()
        if statement:
            yield statement


def read_pins(text: str, problems: list[str], name: str = "requirements") -> list[Pin]:
    """Says in `problems` what is not exactly pinned, has no hash, or names an address."""
    pins = []
    for statement in statements(text):
        if statement.startswith("-") or "://" in statement or re.search(r"\s@\s", statement):
            problems.append(f"{name}: an option or an address: {statement[:60]}")
        elif (pin := _PIN.fullmatch(statement)) is None:
            problems.append(f"{name}: not pinned: {statement[:60]}")
        elif not _HASH.search(pin["rest"]) or "--hash" in _HASH.sub("", pin["rest"]):
            problems.append(f"{name}: without a sha256 hash: {pin['name']}")
        else:
            pins.append(Pin(normal(pin["name"]), pin["version"]))
    return pins


def undeclared(declared: Iterable[str], pins: Iterable[Pin]) -> list[str]:
    """Names of requirements that the pinned set does not have."""
    known = {pin.name for pin in pins}
    names = (re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0] for requirement in declared)
    return sorted({normal(name) for name in names} - known)


def is_allowed(expression: str, classifiers: Sequence[str] = (), text: str = "") -> bool:
    """By the SPDX expression if there is one, else by the classifiers, else by the text; unknown is not allowed."""
    if expression:
        return _expression_allowed(expression)
    named = [line for line in classifiers if line.startswith("License :: OSI Approved :: ")]
    if named:
        return any(_word(line.rpartition(" :: ")[2]) for line in named)
    head = text.strip().splitlines()[0] if text.strip() else ""
    return bool(_word(head))


def _expression_allowed(expression: str) -> bool:
    """One of the alternatives has nothing but allowed parts. Parentheses are not read: such an expression fails."""
    if "(" in expression or " WITH " in expression:
        return False
    return any(all(part.strip() in ALLOWED for part in way.split(" AND ")) for way in expression.split(" OR "))


def _word(text: str) -> str | None:
    if re.search(r"\b[AL]?GPL", text, re.IGNORECASE) or "general public" in text.lower():
        return None
    return next((spdx for word, spdx in _WORDS if re.search(rf"\b{re.escape(word)}", text, re.IGNORECASE)), None)


def _licence_file(found: importlib.metadata.Distribution) -> str:
    """Its text, for metadata that say nothing; the first line is the title."""
    files = (file for file in found.files or () if file.stem.upper() in ("LICENSE", "LICENCE"))
    return next((file.read_text() for file in files), "")


def licence_problems(pins: Iterable[Pin]) -> tuple[list[str], int]:
    """Problems, and how many pinned distributions are not installed here and so could not be looked at."""
    problems, missing = [], 0
    for name in sorted({pin.name for pin in pins}):
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            missing += 1
            continue
        expression = "".join(found.metadata.get_all("License-Expression") or [])
        text = "".join(found.metadata.get_all("License") or []) or _licence_file(found)
        if not is_allowed(expression, found.metadata.get_all("Classifier") or [], text):
            problems.append(f"licence of {name} is not on the list: {expression or 'not told'}")
    return problems, missing


def vulnerabilities(pins: Sequence[Pin], service: str) -> list[str]:
    """Known ones. Raises OSError or ValueError when the service cannot be asked."""
    queries = [{"package": {"name": pin.name, "ecosystem": "PyPI"}, "version": pin.version} for pin in pins]
    request = urllib.request.Request(  # noqa: S310 - a constant, or what the operator names
        f"{service}/v1/querybatch",
        json.dumps({"queries": queries}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310 - likewise
        results = json.load(reply)["results"]
    if len(results) != len(pins):
        raise ValueError("the service answered another number of queries")
    return [
        f"{pin.name} {pin.version}: {vulnerability['id']}"
        for pin, result in zip(pins, results, strict=True)
        for vulnerability in result.get("vulns", ())
    ]


def main(names: Sequence[str]) -> int:
    root = Path(__file__).resolve().parent.parent
    files = [Path(name) for name in names] or sorted((root / "requirements").glob("*.txt"))
    problems: list[str] = []
    of_file = {file.name: read_pins(file.read_text(), problems, file.name) for file in files}
    pins = sorted({pin for found in of_file.values() for pin in found})
    declared = tomllib.loads((root / "pyproject.toml").read_text())["project"]["dependencies"]
    problems += [
        f"runtime.txt does not pin {name}" for name in undeclared(declared, of_file.get("runtime.txt", pins))
    ]
    licences, missing = licence_problems(pins)
    problems += licences
    print(f"{len(pins)} pins in {len(files)} files; {missing} of them not installed here, their licences not seen")
    try:
        problems += vulnerabilities(pins, os.environ.get("OSV_URL", OSV))
        print("known vulnerabilities: asked")
    except (OSError, ValueError, KeyError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        print(f"!!! KNOWN VULNERABILITIES NOT CHECKED: the OSV service cannot be asked ({reason})")
    for problem in problems:
        print(f"wrong: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

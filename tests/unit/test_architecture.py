"""The walls of the hexagon, and the rules that no linter of ours checks."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import adapters
import domain
import entrypoints

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
MODULES = sorted(SRC.rglob("*.py"))
LONGEST_MODULE = 300
"""Lines."""


def name_of(module: Path) -> str:
    return str(module.relative_to(SRC))


def imports(module: Path) -> Iterator[tuple[str, int]]:
    """Names of imported modules and how relative they are; imports inside functions too."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", node.level


def test_the_packages_under_test_are_those_of_this_checkout() -> None:
    for package in (domain, adapters, entrypoints):
        assert package.__file__ is not None
        assert Path(package.__file__).is_relative_to(SRC)


def test_the_domain_knows_only_itself_and_the_standard_library() -> None:
    allowed = {"domain", *sys.stdlib_module_names}
    foreign = {
        (name_of(module), name)
        for module in MODULES
        for name, _ in imports(module)
        if name_of(module).startswith("domain/") and name.partition(".")[0] not in allowed
    }

    assert foreign == set()


def test_no_wall_between_the_layers_is_broken() -> None:
    lint_imports = Path(sys.executable).parent / "lint-imports"
    of_this_checkout = {**os.environ, "PYTHONPATH": str(SRC)}

    checked = subprocess.run(
        [lint_imports, "--no-cache"],
        cwd=ROOT,
        env=of_this_checkout,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout


def test_imports_are_absolute_and_the_same_for_everybody() -> None:
    relative = {name_of(module) for module in MODULES if any(level for _, level in imports(module))}
    only_for_checkers = {
        name_of(module) for module in MODULES if "TYPE_CHECKING" in module.read_text(encoding="utf-8")
    }

    assert (relative, only_for_checkers) == (set(), set())


def test_no_module_is_too_long_to_be_one_idea() -> None:
    lengths = {name_of(module): len(module.read_text(encoding="utf-8").splitlines()) for module in MODULES}

    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_tests_are_no_packages() -> None:
    """A `tests/unit/domain/__init__.py` would stand in for the domain itself."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []

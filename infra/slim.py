"""Takes out of a virtual environment what a running gateway never uses, collects the licences, compiles the rest.

    python infra/slim.py /opt/gateway

Run by the image's build, with the environment's own Python.
"""

import compileall
import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

# Litestar's test data factories and command line, and the installer itself.
_UNUSED = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "faker", "polyfactory", "pygments", "wheel")
_UNUSED_FILES = ("*.c", "*.pyx", "*.pxd", "*.h", "*.pyi", "distutils-precedence.pth")
_LICENCES = ("licen", "copying", "notice", "authors")


def main(environment: Path) -> None:
    packages = next((environment / "lib").glob("python3.*/site-packages"))
    _collect_licences(packages, environment / "licences")
    for name in _UNUSED:
        for path in (packages / name, *packages.glob(f"{name}-*.dist-info")):
            shutil.rmtree(path, ignore_errors=True)
    for pattern in _UNUSED_FILES:
        for path in packages.rglob(pattern):
            path.unlink()
    for tests in packages.glob("*/tests"):
        shutil.rmtree(tests)
    for script in (environment / "bin").glob("pip*"):
        script.unlink()
    _strip(packages)
    compileall.compile_dir(packages, quiet=2, workers=0, optimize=0)


def _collect_licences(packages: Path, target: Path) -> None:
    """Every package's own licence files, and what its metadata says."""
    for distribution in importlib.metadata.distributions(path=[str(packages)]):
        name = distribution.metadata["Name"]
        folder = target / name
        folder.mkdir(parents=True, exist_ok=True)
        said = distribution.metadata.get("License-Expression") or distribution.metadata.get("License") or "see files"
        (folder / "METADATA").write_text(f"{name} {distribution.version}\n{said}\n")
        for file in distribution.files or ():
            if ".dist-info/" in str(file) and file.name.lower().startswith(_LICENCES):
                shutil.copy(str(distribution.locate_file(file)), folder / file.name)


def _strip(packages: Path) -> None:
    """Debug symbols are a third of the native modules."""
    tool = shutil.which("strip")
    if tool is not None:
        for module in packages.rglob("*.so"):
            subprocess.run([tool, "--strip-unneeded", str(module)], check=False)  # noqa: S603


if __name__ == "__main__":
    main(Path(sys.argv[1]))

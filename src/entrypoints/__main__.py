"""The command `noetl-gateway`."""

import argparse
import asyncio
import http.client
import json
import os
import sys
import time
from collections.abc import Sequence

from domain.version import __version__
from entrypoints.settings.loading import Settings, load
from entrypoints.settings.problems import SettingsInvalid
from entrypoints.settings.redaction import redacted


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    commands = {"serve": _serve, "config": _config, "health": _health, "pause": _pause, "demo": _demo}
    try:
        return commands[options.command](options)
    except SettingsInvalid as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="noetl-gateway", description="The front door of NoETL.")
    parser.add_argument("--version", action="version", version=f"noetl-gateway {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="run the gateway; settings come from GATEWAY_CONFIG and the environment")
    commands.add_parser("config", help="print the effective settings without secrets, or all that is wrong with them")
    commands.add_parser("health", help="exit 0 if the gateway configured here answers on this machine")
    pause = commands.add_parser("pause", help="wait; for preStop hooks in an image without a shell")
    pause.add_argument("seconds", type=float)
    demo = commands.add_parser("demo", help="run NATS, a simulated NoETL, a login page and the gateway on loopback")
    demo.add_argument("--check", action="store_true", help="walk through it as a client would, then end")
    demo.add_argument(
        "--back-ends",
        action="store_true",
        help="just the simulated NoETL and the login page, on NATS_URL",
    )
    return parser


def _checked_settings() -> Settings:
    # Imported here: `config` and `health` of a broken installation should still say what is wrong.
    from entrypoints.container import Container

    settings = load()
    try:
        container = Container(settings=settings)
        container.identity_provider()
        container.nats()
    except ValueError as error:
        raise SettingsInvalid([str(error)]) from None
    return settings


def _serve(_: argparse.Namespace) -> int:
    from entrypoints.serving import serve

    return serve(_checked_settings())


def _config(_: argparse.Namespace) -> int:
    print(json.dumps(redacted(_checked_settings()), indent=2))
    return 0


def _health(_: argparse.Namespace) -> int:
    """For container health checks: the image has no shell and no curl."""
    connection = http.client.HTTPConnection("127.0.0.1", load().server.port, timeout=3)
    try:
        connection.request("GET", "/health")
        return 0 if connection.getresponse().status == 200 else 1
    except OSError:
        return 1
    finally:
        connection.close()


def _pause(options: argparse.Namespace) -> int:
    time.sleep(max(0.0, min(options.seconds, 300.0)))
    return 0


def _demo(options: argparse.Namespace) -> int:
    from entrypoints.demo.command import check, run, run_back_ends

    if options.back_ends:
        return asyncio.run(run_back_ends(os.environ))
    return asyncio.run(check() if options.check else run(os.environ))


if __name__ == "__main__":
    sys.exit(main())

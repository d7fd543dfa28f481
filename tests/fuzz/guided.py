"""One target under atheris: `python -m tests.fuzz.guided NAME [libFuzzer's arguments]`."""

import sys

import atheris
from tests.fuzz.targets import TARGETS


def main() -> None:
    target = TARGETS[sys.argv.pop(1)]
    with atheris.instrument_imports(include=list(target.instrumented)):
        check = target.load()
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

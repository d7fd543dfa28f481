"""Inputs once more, without atheris: `python -m tests.fuzz.replay NAME FILE...`."""

import sys
from pathlib import Path

from tests.fuzz.targets import TARGETS


def main() -> None:
    check = TARGETS[sys.argv[1]].load()
    for file in sys.argv[2:]:
        check(Path(file).read_bytes())


if __name__ == "__main__":
    main()

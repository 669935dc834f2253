"""Print the requirements of the package and of the extras that are named, one a line, for pip.

usage: requirements.py EXTRA...

pip itself can only read them by building the package, which needs the Rust toolchain; formatting does not.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def requirements(project: Mapping[str, object], extras: list[str]) -> Iterator[str]:
    """Yield them; an extra that names extras of the same package is opened."""
    optional = project["optional-dependencies"]
    assert isinstance(optional, dict)
    for extra in extras:
        for line in optional[extra]:
            own = re.fullmatch(rf"{project['name']}\[(.+)\]", line)
            if own:
                yield from requirements(project, own[1].split(","))
            else:
                yield line


def main() -> None:
    """Read pyproject.toml and print."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for line in [*project["dependencies"], *requirements(project, sys.argv[1:])]:
        print(line)


if __name__ == "__main__":
    main()

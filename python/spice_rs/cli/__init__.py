"""The command `spice-rs`: what a server is, a picture of it, and keys and clicks for it, in one line of a shell."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command, and end the process with its status: `spice-rs --help` lists them.

    Arguments:
        arguments: what stands behind the command's name; by default that of this process.
    """
    try:
        import cyclopts  # noqa: F401, RUF100
    except ModuleNotFoundError:
        print(
            "spice-rs: the command line needs packages that the library does not: pip install 'spice-rs[cli]'",
            file=sys.stderr,
        )
        sys.exit(1)
    from ._app import run

    sys.exit(run(sys.argv[1:] if arguments is None else arguments))

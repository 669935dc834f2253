"""The command-line side of the peers: one JSON line, then stay up until told otherwise."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable
from typing import NoReturn, TypeVar

from ._process import Peer

AnyPeer = TypeVar("AnyPeer", bound=Peer)


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with what every peer's command has."""
    result = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("--hold", type=float, default=3600, help="seconds to stay up (default: an hour)")
    return result


def stay(
    make: Callable[[], AnyPeer],
    seconds: float,
    describe: Callable[[AnyPeer], dict[str, object]],
    prepare: Callable[[AnyPeer], None] = lambda peer: None,
) -> None:
    """Start a peer, prepare it, print what a client needs to know, and wait for the time, Ctrl+C or SIGTERM."""
    # An exception, and not sudden death, so that everything that was started is ended.
    signal.signal(signal.SIGTERM, leave)
    with make() as peer:
        prepare(peer)
        print(json.dumps(describe(peer)), flush=True)
        try:
            time.sleep(seconds)
        except KeyboardInterrupt:
            return


def leave(_number: int, _frame: object) -> NoReturn:
    """End the process in an orderly manner."""
    sys.exit(0)

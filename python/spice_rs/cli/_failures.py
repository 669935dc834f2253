"""What a failed command says, and the status it ends with."""

from __future__ import annotations

import sys
from enum import IntEnum

from .._groups import leaves
from ..errors import (
    AgentUnavailable,
    AuthenticationError,
    ConnectError,
    ListenError,
    NotSpice,
    SecurityRefused,
    SecurityRequired,
    SourceError,
    TlsError,
    Unsupported,
    VersionMismatch,
)
from ..keymap import NotOnLayout, UnknownKey


class Status(IntEnum):
    """The statuses that the command ends with; scripts rely on these numbers."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    NO_SERVER = 3
    NOT_SPICE = 4
    WRONG_PASSWORD = 5
    TOO_LATE = 6
    NOTHING_TO_SHOW = 7
    NOT_POSSIBLE = 8
    CANNOT_LISTEN = 9
    CANNOT_SHOW = 10
    NOT_SECURE = 11
    INTERRUPTED = 130


MEANINGS = {
    Status.DONE: "done",
    Status.FAILED: "something else: the session broke, a file cannot be written",
    Status.WRONG_USE: "wrong use: an option, an address, a key's name, a character",
    Status.NO_SERVER: "nobody answers at the address",
    Status.NOT_SPICE: "what answers is not a SPICE server",
    Status.WRONG_PASSWORD: "the password is wrong, missing or expired",
    Status.TOO_LATE: "it took longer than --timeout",
    Status.NOTHING_TO_SHOW: "no such display, or no picture on it",
    Status.NOT_POSSIBLE: "the server or the guest cannot do this",
    Status.CANNOT_LISTEN: "serve: the address is taken, or not this machine's",
    Status.CANNOT_SHOW: "serve: the file or the X display cannot be shown, or has gone",
    Status.NOT_SECURE: "the server is not trusted, or a channel needs TLS or must do without",
}
"""For the help text and the README."""


class WrongUse(Exception):
    """The command was written wrongly, in a way that its parser does not see."""


class TooLate(Exception):
    """The time that `--timeout` gives was over."""


class NothingToShow(Exception):
    """There is no picture."""


STATUSES: tuple[tuple[tuple[type[BaseException], ...], Status], ...] = (
    ((KeyboardInterrupt,), Status.INTERRUPTED),
    ((WrongUse, UnknownKey, NotOnLayout), Status.WRONG_USE),
    ((TooLate,), Status.TOO_LATE),
    ((NothingToShow,), Status.NOTHING_TO_SHOW),
    ((ConnectError,), Status.NO_SERVER),
    ((ListenError,), Status.CANNOT_LISTEN),
    ((SourceError,), Status.CANNOT_SHOW),
    ((NotSpice, VersionMismatch), Status.NOT_SPICE),
    ((AuthenticationError,), Status.WRONG_PASSWORD),
    ((TlsError, SecurityRequired, SecurityRefused), Status.NOT_SECURE),
    ((Unsupported, AgentUnavailable), Status.NOT_POSSIBLE),
)


def status(error: BaseException) -> Status:
    """Return the status for an error; of several the first one counts."""
    first = leaves(error)[0]
    return next((number for kinds, number in STATUSES if isinstance(first, kinds)), Status.FAILED)


def line(error: BaseException) -> str:
    """Return what an error says, in one line."""
    first = leaves(error)[0]
    if isinstance(first, KeyboardInterrupt):
        return "interrupted"
    return " ".join(str(first).split()) or type(first).__name__


def complain(number: Status, text: str) -> int:
    """Say on standard error why it did not work."""
    sys.stderr.write(f"spice-rs: {text}\n")
    return number

"""Where the password comes from: a file, the environment, a question at the terminal; the command line with a warning."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from ._failures import WrongUse

VARIABLE = "SPICE_PASSWORD"


def given(password: str | None, file: Path | None) -> str | None:
    """Return the password that the command was given, or None.

    Arguments:
        password: what stands on the command line.
        file: a file of which the first line is the password; `-` is standard input.

    Raises:
        WrongUse: both were given, or the file cannot be read.
    """
    if password is not None and file is not None:
        raise WrongUse("--password and --password-file exclude each other")
    if password is not None:
        warn(
            "a password on the command line is seen by every user of this machine; better --password-file, or "
            + VARIABLE
        )
        return password
    if file is None:
        return os.environ.get(VARIABLE) or None
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"cannot read the password from {file}: {error}") from error
    return text.partition("\n")[0].removesuffix("\r")


def can_ask() -> bool:
    """Whether somebody sits at a terminal and can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(address: str) -> str:
    """Ask for the password; what is typed is not shown."""
    return getpass.getpass(f"password for {address}: ", stream=sys.stderr)


def warn(text: str) -> None:
    """Say something on standard error that does not stop the command."""
    sys.stderr.write(f"spice-rs: warning: {text}\n")

"""The commands. Each connects, does one thing through the public API, and leaves."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, TypeAlias

import trio
from cyclopts import App, CycloptsError, Parameter

from .. import __version__
from ..client import Display, Session, connect
from ..client.mouse import Button
from ..errors import AuthenticationError
from ..keymap import chord, strokes
from ..uri import Address, parse
from . import _doctor, _info, _password
from ._failures import MEANINGS, NothingToShow, Status, TooLate, WrongUse, complain, line, status
from ._serve import serve_

LAST_WORDS = 0.1
"""Seconds that a server gets for the last keys before the connections are closed: it may look at those first."""


Switch: TypeAlias = Annotated[bool, Parameter(negative=())]
"""An option that is there or not; there is no --no-... for it."""


@Parameter(name="*")
@dataclass(frozen=True)
class Options:
    """What every command takes.

    Arguments:
        password_file: a file whose first line is the password; - for standard input.
        password: the password itself, which other users of this machine can see.
        timeout: seconds that the command may take in all.
        debug: say what happens, and where an error came from.
    """

    password_file: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None
    password: Annotated[str | None, Parameter(show_default=False)] = None
    timeout: float = 30.0
    debug: Switch = False


DEFAULTS = Options()


@dataclass
class Work:
    """What a command is doing, for the text of a time-out."""

    address: Address
    password: str | None
    doing: str = "connecting"
    late: type[Exception] = TooLate

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Connect, for a block."""
        return connect(self.address, password=self.password)


Body: TypeAlias = Callable[[Work], Awaitable[None]]

app = App(
    name="spice-rs",
    help="See and operate a SPICE server: the screen of a virtual machine or of a remote X server. Or be one.\n\n"
    "ADDRESS is spice://host:port, spice://[ipv6]:port or spice+unix:///path. A password comes from --password-file, from the "
    f"environment variable {_password.VARIABLE}, or is asked for.",
    help_epilogue="Exit status:\n"
    + "\n".join(f"{number:3d}  {meaning}" for number, meaning in MEANINGS.items()),
    version=__version__,
    help_format="plaintext",
)


def run(arguments: Sequence[str]) -> int:
    """Run a command; return its status. What went wrong is said in one line on standard error."""
    try:
        result = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        return Status.DONE if result is None else int(result)
    except CycloptsError as error:
        return complain(Status.WRONG_USE, f"{line(error)} (spice-rs --help)")


@app.command
def info(
    address: str,
    /,
    *,
    json_: Annotated[bool, Parameter("--json", negative=())] = False,
    options: Options = DEFAULTS,
) -> int:
    """Say what a server is: name, channels, capabilities, mouse modes, agent, surfaces.

    Arguments:
        address: of the server.
        json_: as JSON, for programs.
    """

    async def body(work: Work) -> None:
        async with work.session() as session:
            work.doing = "asking what there is"
            await _info.settle(session)
            facts = _info.gather(session)
        print(json.dumps(facts, indent=2) if json_ else _info.text(facts))

    return perform(address, options, body)


@app.command
def doctor(address: str, /, *, options: Options = DEFAULTS) -> int:
    """Try each stage of a connection (name, socket, login, channels, picture), and say where it stops and what to try.

    Arguments:
        address: of the server.
    """

    async def body(work: Work) -> None:
        work.doing = "examining the server; the last line above says how far it came"
        await _doctor.examine(work.address, work.password, print)

    return perform(address, options, body)


@app.command
def screenshot(
    address: str,
    /,
    *,
    output: Annotated[Path, Parameter(("--output", "-o"), allow_leading_hyphen=True)],
    display: int | None = None,
    settle: float | None = None,
    options: Options = DEFAULTS,
) -> int:
    """Write the picture of a display to a PNG file.

    Arguments:
        address: of the server.
        output: the file; - for standard output.
        display: number of the display; the first by default.
        settle: wait until the picture has not changed for so many seconds.
    """

    async def body(work: Work) -> None:
        async with work.session() as session:
            shown = pick(session, display)
            work.doing, work.late = f"waiting for a picture on display {shown.id}", NothingToShow
            frame = await shown.frame()
            if settle is not None:
                work.doing, work.late = (
                    f"waiting for {settle:g} s without a change (less --settle may help)",
                    TooLate,
                )
                frame = await shown.wait_stable(quiet=settle)
            if not frame.exact:
                _password.warn(
                    "the server has drawn something that this version cannot draw; the picture is not exact"
                )
            write(output, frame.png())

    return perform(address, options, body)


@app.command(name="type")
def type_(
    address: str,
    text: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    enter: Switch = False,
    pace: float | None = None,
    options: Options = DEFAULTS,
) -> int:
    """Type a text as on a US keyboard.

    Arguments:
        address: of the server.
        text: what to type; - for what comes on standard input.
        enter: press Enter at the end.
        pace: seconds between two characters, for a guest that loses some.
    """
    whole = (sys.stdin.read() if text == "-" else text) + ("\n" if enter else "")
    check = partial(strokes, whole)

    async def body(work: Work) -> None:
        async with work.session() as session:
            work.doing = "typing (a long text needs more --timeout)"
            if pace is not None:
                session.keyboard.pace = pace
            await session.keyboard.type(whole)
            await trio.sleep(LAST_WORDS)

    return perform(address, options, body, check)


@app.command
def key(address: str, /, *keys: str, options: Options = DEFAULTS) -> int:
    """Press keys, as Ctrl+Alt+F2; several are pressed one after the other.

    Arguments:
        address: of the server.
        keys: names as on the keyboard or in X11.
    """

    def check() -> None:
        if not keys:
            raise WrongUse("which key? for example: spice-rs key ADDRESS Ctrl+Alt+F2")
        for names in keys:
            chord(names)

    async def body(work: Work) -> None:
        async with work.session() as session:
            work.doing = "pressing keys"
            for names in keys:
                await session.keyboard.press(names)
            await trio.sleep(LAST_WORDS)

    return perform(address, options, body, check)


@app.command
def click(
    address: str,
    x: int,
    y: int,
    /,
    *,
    button: Button = "left",
    count: int = 1,
    display: int = 0,
    options: Options = DEFAULTS,
) -> int:
    """Click at a place, in pixels from the top left corner.

    Arguments:
        address: of the server.
        x: pixels from the left.
        y: pixels from the top.
        button: which button.
        count: 2 for a double click.
        display: number of the display.
    """

    async def body(work: Work) -> None:
        async with work.session() as session:
            work.doing = "clicking"
            await session.mouse.click(x, y, button=button, count=count, display=display)
            await trio.sleep(LAST_WORDS)

    return perform(address, options, body)


app.command(serve_, name="serve")


def perform(address: str, options: Options, body: Body, check: Callable[[], object] = lambda: None) -> int:
    """Run what a command does, with its password and its time limit; return the status.

    Arguments:
        check: raises what is wrong with the command, before anybody is asked for anything.
    """
    if options.debug:
        # The time in milliseconds, because what is slow is what people ask about.
        logging.basicConfig(level=logging.DEBUG, format="%(relativeCreated)6d %(name)s: %(message)s")
    try:
        place = checked(address)
        check()
        connected(place, options, body)
    except (Exception, KeyboardInterrupt, BaseExceptionGroup) as error:
        if options.debug:
            traceback.print_exception(error)
        return complain(status(error), line(error))
    return Status.DONE


def checked(address: str) -> Address:
    """Read the address."""
    try:
        return parse(address)
    except ValueError as error:
        raise WrongUse(str(error)) from error


def connected(address: Address, options: Options, body: Body) -> None:
    """Run the body; where the server wants a password and none was given, ask for it and run again."""
    password = _password.given(options.password, options.password_file)
    try:
        trio.run(limited, Work(address, password), options.timeout, body)
    except AuthenticationError:
        if password is not None or address.password is not None or not _password.can_ask():
            raise
        trio.run(limited, Work(address, _password.ask(str(address))), options.timeout, body)


async def limited(work: Work, seconds: float, body: Body) -> None:
    """Give a command its time."""
    try:
        with trio.fail_after(seconds):
            await body(work)
    except trio.TooSlowError as error:
        raise work.late(f"gave up after {seconds:g} s of {work.doing}") from error


def pick(session: Session, number: int | None) -> Display:
    """Return the display that was asked for."""
    there = {display.id: display for display in session.displays}
    if not there:
        raise NothingToShow("the server has no display")
    if number is not None and number not in there:
        raise NothingToShow(f"the server has no display {number}; there is {', '.join(map(str, there))}")
    return session.display if number is None else there[number]


def write(file: Path, data: bytes) -> None:
    """Write a file, or to standard output."""
    if str(file) == "-":
        sys.stdout.buffer.write(data)
    else:
        file.write_bytes(data)

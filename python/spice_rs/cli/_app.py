"""The commands. Each connects, does one thing through the public API, and leaves."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import trio
from cyclopts import App, CycloptsError, Parameter

from .. import __version__
from ..client import Display, Session
from ..client.mouse import Button
from ..errors import AuthenticationError
from ..keymap import chord, strokes
from . import _doctor, _info, _password
from ._failures import MEANINGS, NothingToShow, Status, TooLate, WrongUse, complain, line, status
from ._options import DEFAULTS, STDIN, Body, Options, Switch, Where, Work
from ._serve import serve_

LAST_WORDS = 0.1
"""Seconds that a server gets for the last keys before the connections are closed: it may look at those first."""


app = App(
    name="spice-rs",
    help="See and operate a SPICE server: the screen of a virtual machine or of a remote X server. Or be one.\n\n"
    "ADDRESS is spice://host:port, spice+tls://host:port, spice://host?port=5900&tls-port=5901, spice+unix:///path, ws://host:port/path, "
    "spice+qmp:///path of QEMU's monitor, libvirt+qemu:///system?domain=NAME, proxmox://user@realm@host/MACHINE, or a connection file "
    "(.vv; - for standard input). A password comes from --password-file, "
    f"from the environment variable {_password.VARIABLE}, or is asked for.",
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
    address: Where,
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
def doctor(address: Where, /, *, options: Options = DEFAULTS) -> int:
    """Try each stage of a connection (name, socket, login, channels, picture), and say where it stops and what to try.

    Arguments:
        address: of the server.
    """

    async def body(work: Work) -> None:
        work.doing = "examining the server; the last line above says how far it came"
        await _doctor.examine(work, print)

    return perform(address, options, body)


@app.command
def screenshot(
    address: Where,
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
    address: Where,
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
    if text == address == STDIN:
        return complain(Status.WRONG_USE, "standard input cannot be both the connection file and the text")
    whole = (sys.stdin.read() if text == STDIN else text) + ("\n" if enter else "")
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
def key(address: Where, /, *keys: str, options: Options = DEFAULTS) -> int:
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
    address: Where,
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
        work = options.work(address)
        check()
        connected(work, options, body)
    except (Exception, KeyboardInterrupt, BaseExceptionGroup) as error:
        if options.debug:
            traceback.print_exception(error)
        return complain(status(error), line(error))
    return Status.DONE


def connected(work: Work, options: Options, body: Body) -> None:
    """Run the body; where the server wants a password and none was given, ask for it and run again."""
    try:
        trio.run(limited, work, options.timeout, body)
    except AuthenticationError:
        if work.password is not None or not _password.can_ask():
            raise
        work.password = _password.ask(work.name)
        trio.run(limited, work, options.timeout, body)


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
    if str(file) == STDIN:
        sys.stdout.buffer.write(data)
    else:
        file.write_bytes(data)

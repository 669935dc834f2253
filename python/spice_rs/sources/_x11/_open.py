"""Opening a display: everything that is asked once. It blocks, and runs in a worker thread."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from ...errors import SourceError
from .._source import need
from ._keys import Keycodes
from ._link import GENERIC_EVENT, Link

NEEDED = ("DAMAGE", "XFIXES", "XTEST")
"""Extensions without which there is no way; all X servers of this century have them."""

NO_LIBRARY = "the system's library libxcb.so is missing: on Debian, apt install libxcb1"

RAW_MOTION = 17
ALL_MASTERS = 1
CURSOR_SHAPE = 1
STRUCTURE = 1 << 17
CONFIGURE_NOTIFY = 22
CHANGE_EVENT_MASK = 1 << 11
NON_EMPTY = 3
"""Of the reports that DAMAGE can give: one event when there is something, and then silence until it has been looked at."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A display, ready to be watched.

    Attributes:
        damage, region: the X server's collection of what was drawn, and the region that it is moved into for reading.
        keycodes: which of its key codes are which keys.
        shared_memory: whether it has MIT-SHM; it may still refuse.
        randr: whether it has RandR.
        DAMAGED, CURSOR, RESIZED, MOVED: the kinds of events that tell of each; -1 where the display cannot.
    """

    link: Link
    root: int
    size: tuple[int, int]
    damage: int
    region: int
    keycodes: Keycodes
    shared_memory: bool
    randr: bool
    damaged: int
    cursor: int
    resized: int
    moved: int


def opened(name: str) -> Opened:
    """Connect and get everything ready.

    Raises:
        MissingExtra: xcffib is not installed.
        SourceError: the display cannot be shown.
    """
    try:
        xcffib = need("xcffib", "x11")
    except OSError as error:
        raise SourceError(f"X display {name}", f"{NO_LIBRARY} ({error})") from error
    for module in ("xproto", "damage", "xfixes", "xtest", "shm", "randr", "xinput", "xkb"):
        need(f"xcffib.{module}", "x11")
    try:
        connection = xcffib.connect(name)
    except xcffib.ConnectionException as error:
        raise SourceError(f"X display {name}", f"no connection: {error}") from error
    try:
        return prepared(Link(name, connection))
    except xcffib.ConnectionException as error:
        connection.disconnect()
        raise SourceError(f"X display {name}", f"the X server has closed the connection: {error}") from error
    except BaseException:
        connection.disconnect()
        raise


def prepared(link: Link) -> Opened:
    """Check what the display can do, and tell it what is wanted."""
    x = link.x
    screen = x.get_setup().roots[x.pref_screen]
    check_pixels(link.name, x, screen)
    first_events = {name: first_event(x, name) for name in (*NEEDED, "MIT-SHM", "RANDR", "XInputExtension")}
    missing = [name for name in NEEDED if first_events[name] is None]
    if missing:
        raise SourceError(
            f"X display {link.name}", f"its X server lacks the extension {' and '.join(missing)}"
        )
    check_keyboard(x)
    x.core.ChangeWindowAttributes(screen.root, CHANGE_EVENT_MASK, [STRUCTURE])
    damage, region = watch(x, screen.root)
    return Opened(
        link=link,
        root=screen.root,
        size=(screen.width_in_pixels, screen.height_in_pixels),
        damage=damage,
        region=region,
        keycodes=Keycodes.of(x),
        shared_memory=first_events["MIT-SHM"] is not None,
        randr=first_events["RANDR"] is not None,
        damaged=first_events["DAMAGE"] or 0,
        cursor=(first_events["XFIXES"] or 0) + 1,
        resized=CONFIGURE_NOTIFY,
        moved=GENERIC_EVENT if watch_motion(x, screen.root, first_events["XInputExtension"]) else -1,
    )


def check_pixels(name: str, x: Any, screen: Any) -> None:
    """Make sure that a pixel is what it is everywhere: blue, green, red and a byte without meaning."""
    setup = x.get_setup()
    depth = next(each for each in setup.pixmap_formats if each.depth == screen.root_depth)
    if depth.bits_per_pixel != 32 or screen.root_depth not in (24, 32) or setup.image_byte_order != 0:
        raise SourceError(
            f"X display {name}",
            f"its pixels are of depth {screen.root_depth}; only depth 24 can be shown: start the X server with that",
        )


def check_keyboard(x: Any) -> None:
    """Ask for the version of XKB, without which it lets nobody turn a lock on. A server without it only logs what it refuses."""
    module: Any = importlib.import_module("xcffib.xkb")
    if first_event(x, "XKEYBOARD") is not None:
        x(module.key).UseExtension(1, 0).reply()


def first_event(x: Any, name: str) -> int | None:
    """Return the number of an extension's first event; None where the server does not have the extension."""
    answer = x.core.QueryExtension(len(name), name).reply()
    return int(answer.first_event) if answer.present else None


def watch(x: Any, root: int) -> tuple[int, int]:
    """Ask to be told of drawing and of the pointer's shape; return the damage and a region."""
    import xcffib.damage
    import xcffib.xfixes

    fixes, damages = x(xcffib.xfixes.key), x(xcffib.damage.key)
    # Until its version was asked for, an extension refuses everything.
    fixes.QueryVersion(5, 0).reply()
    damages.QueryVersion(1, 1).reply()
    damage, region = x.generate_id(), x.generate_id()
    damages.Create(damage, root, NON_EMPTY)
    fixes.CreateRegion(region, 0, [])
    fixes.SelectCursorInput(root, CURSOR_SHAPE)
    return damage, region


def watch_motion(x: Any, root: int, first_event: int | None) -> bool:
    """Ask to be told when the pointer moves, whoever moves it; return whether the display can."""
    if first_event is None:
        return False
    module: Any = importlib.import_module("xcffib.xinput")
    xinput = x(module.key)
    if xinput.XIQueryVersion(2, 2).reply().major_version < 2:
        return False
    mask = module.EventMask.synthetic(ALL_MASTERS, 1, [1 << RAW_MOTION])
    xinput.XISelectEvents(root, 1, [mask])
    return True

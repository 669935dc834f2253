"""What clients do with keyboard and mouse, as requests to the X server's XTEST extension."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import Any

import trio

from ...enums import KeyModifiersMask, MouseButton
from ...errors import SourceError
from ...server.events import (
    Event,
    KeyDown,
    KeyUp,
    LocksChanged,
    MouseDown,
    MouseMoved,
    MouseRelative,
    MouseUp,
)
from ._keys import CAPS_LOCK_MASK
from ._open import Opened

WAITING_MAX = 1024
"""Events that may wait for an X server that does not read. What comes after that is lost, and what is held down is let go: that may
have been among it."""

KEY_PRESS, KEY_RELEASE, BUTTON_PRESS, BUTTON_RELEASE, MOTION = range(2, 7)
ABSOLUTE, RELATIVE = 0, 1
NOW = 0
CORE_KEYBOARD = 0x100

BUTTONS = {
    MouseButton.LEFT: 1,
    MouseButton.MIDDLE: 2,
    MouseButton.RIGHT: 3,
    MouseButton.UP: 4,
    MouseButton.DOWN: 5,
    MouseButton.SIDE: 8,
    MouseButton.EXTRA: 9,
}
"""X numbers the sideways wheel 6 and 7, so what is 6 and 7 elsewhere comes after that."""


class Operator:
    """Does with an X display what clients do with their picture of it.

    Attributes:
        place: where the pointer was put last; None after it was moved by a distance.
    """

    def __init__(self, display: Opened) -> None:
        import xcffib.xkb
        import xcffib.xtest

        self._display = display
        self._test = display.link.x(xcffib.xtest.key)
        self._xkb = display.link.x(xcffib.xkb.key)
        self._waiting: deque[Event] = deque()
        self._arrived = trio.lowlevel.ParkingLot()
        self._down: set[tuple[int, int]] = set()
        self._lost = False
        self.place: tuple[int, int] | None = None

    def take(self, event: Event) -> None:
        """Keep an event until the X server can take it."""
        match event:
            case MouseMoved() if self._waiting and isinstance(self._waiting[-1], MouseMoved):
                # Only the last place counts.
                self._waiting[-1] = event
            case (
                KeyDown()
                | KeyUp()
                | MouseDown()
                | MouseUp()
                | MouseMoved()
                | MouseRelative()
                | LocksChanged()
            ):
                self._keep(event)
            case _:
                return
        self._arrived.unpark()

    def _keep(self, event: Event) -> None:
        if len(self._waiting) < WAITING_MAX:
            self._waiting.append(event)
        else:
            self._lost = True

    async def work(self) -> None:
        """Hand events on until cancelled; then let go what is held down."""
        try:
            while True:
                while not self._waiting:
                    await self._arrived.park()
                await trio.lowlevel.checkpoint()
                self._send()
                await self._display.link.flush()
        finally:
            self._leave()

    def _send(self) -> None:
        """Turn everything that waits into requests."""
        while self._waiting:
            self._do(self._waiting.popleft())
        if self._lost:
            self._lost = False
            self._let_go()

    def _do(self, event: Event) -> None:
        match event:
            case KeyDown(code=code):
                self._key(code, KEY_PRESS)
            case KeyUp(code=code):
                self._key(code, KEY_RELEASE)
            case MouseDown(button=button):
                self._press(BUTTON_PRESS, BUTTONS.get(button))
            case MouseUp(button=button):
                self._press(BUTTON_RELEASE, BUTTONS.get(button))
            case MouseMoved(x=x, y=y):
                self.place = (x, y)
                self._fake(MOTION, ABSOLUTE, x, y)
            case MouseRelative(dx=dx, dy=dy):
                self.place = None
                self._fake(MOTION, RELATIVE, dx, dy)
            case LocksChanged(locks=locks):
                self._lock(locks)

    def _key(self, code: int, kind: int) -> None:
        self._press(kind, self._display.keycodes.of_scan_code(code))

    def _press(self, kind: int, detail: int | None) -> None:
        """Press or release a key or a button. What is down already is left: X repeats keys by itself."""
        if detail is None:
            return
        going_down = kind in (KEY_PRESS, BUTTON_PRESS)
        held = (kind if going_down else kind - 1, detail)
        if going_down == (held in self._down):
            return
        (self._down.add if going_down else self._down.discard)(held)
        self._fake(kind, detail)

    def _lock(self, locks: KeyModifiersMask) -> None:
        """Turn Caps Lock and Num Lock on or off, as they are at the client."""
        affected = CAPS_LOCK_MASK | self._display.keycodes.num_lock
        wanted = CAPS_LOCK_MASK if locks & KeyModifiersMask.CAPS_LOCK else 0
        wanted |= self._display.keycodes.num_lock if locks & KeyModifiersMask.NUM_LOCK else 0
        self._xkb.LatchLockState(CORE_KEYBOARD, affected, wanted, False, 0, 0, False, 0)

    def _fake(self, kind: int, detail: int, x: int = 0, y: int = 0) -> None:
        root: int | Any = self._display.root if kind == MOTION and detail == ABSOLUTE else 0
        self._test.FakeInput(kind, detail, NOW, root, x, y, 0)

    def _leave(self) -> None:
        """Let go what is held down, if the X server still listens."""
        link = self._display.link
        with suppress(SourceError), link.trouble():
            self._let_go()
            link.flush_now()

    def _let_go(self) -> None:
        held, self._down = self._down, set()
        for kind, detail in held:
            self._fake(kind + 1, detail)

"""A desktop that exists in this program only: something to look at, to type into and to click on."""

from __future__ import annotations

import time as clock
from collections.abc import Callable

import trio

from ...enums import MouseButton
from ...server.events import (
    Event,
    Joined,
    KeyDown,
    KeyUp,
    Left,
    LocksChanged,
    MouseDown,
    MouseMoved,
    MouseRelative,
    MouseUp,
)
from ...server.screen import Pixels, Screen
from .._shapes import ARROW_SPOT, BEAM_SPOT, arrow, beam
from .._source import Source, need
from ._keys import Keyboard

REACTION = 1 / 60
"""Seconds between two pictures while somebody moves the mouse or types."""


class Demo(Source):
    """A generated desktop, to try things.

    There are windows that can be moved: one to type into, a clock, flowing colours with buttons, and a list of what clients do. What
    it shows depends on the time and on its input only.

    Arguments:
        size: width and height, at least 800x600.
        time: returns the seconds since 1970.

    Raises:
        MissingExtra: Pillow is not installed.
        ValueError: the size is too small.
    """

    def __init__(
        self, size: tuple[int, int] = (1280, 800), *, time: Callable[[], float] = clock.time
    ) -> None:
        need("PIL", "images")
        from ._desktop import Desktop

        self._desktop = Desktop(*size)
        self._time = time
        self._keyboard = Keyboard()
        self._touched = trio.Event()
        self._shape: Pixels | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self._desktop.size

    @property
    def picture(self) -> Pixels:
        """What was drawn last: (height, width, 4) uint8, blue first. Not to be changed."""
        return self._desktop.picture

    @property
    def text(self) -> str:
        """What has been typed into the window Notes."""
        return self._desktop.notes.text

    def place_of(self, what: str) -> tuple[int, int]:
        """Return where to click for a window's title, by its name, or for a button, by its label.

        Raises:
            LookupError: there is no such thing.
        """
        for window in self._desktop.windows:
            if window.title == what:
                left, top, right, bottom = window.handle
                return (left + right) // 2, (top + bottom) // 2
            for button in window.buttons:
                if button.label() == what:
                    left, top, right, bottom = button.area
                    return window.left + (left + right) // 2, window.top + (top + bottom) // 2
        raise LookupError(f"nothing on the desktop is called {what!r}")

    async def run(self, screen: Screen) -> None:
        """Draw until cancelled."""
        if screen.size != self.size:
            await screen.resize(*self.size)
        self._shape = None
        await screen.update(self.picture)
        while True:
            begun = trio.current_time()
            now = self._time()
            self._touched = trio.Event()
            self._desktop.tick(now)
            await self._show(screen)
            with trio.move_on_at(begun + self._desktop.rest(now)):
                await self._touched.wait()
                await trio.sleep_until(begun + REACTION)

    def handle(self, event: Event) -> None:
        """Do what a client wants."""
        desktop, say = self._desktop, self._desktop.events.say
        match event:
            case MouseMoved(x=x, y=y):
                desktop.point(x, y)
            case MouseRelative(dx=dx, dy=dy):
                desktop.point(desktop.pointer[0] + dx, desktop.pointer[1] + dy)
            case MouseDown(button=button):
                say(f"{button.name.lower()} button at {desktop.pointer[0]}, {desktop.pointer[1]}")
                if button == MouseButton.LEFT:
                    desktop.press()
            case MouseUp(button=MouseButton.LEFT):
                desktop.release()
            case KeyDown(code=code, name=name):
                say(f"key {name or hex(code)}")
                desktop.key(name, self._keyboard.press(name))
            case KeyUp(name=name):
                self._keyboard.release(name)
            case LocksChanged(locks=locks):
                self._keyboard.lock(locks)
            case Joined(client=client):
                say(f"client {client.number} has come from {client.address}")
            case Left(client=client):
                say(f"client {client.number} has gone")
            case _:
                return
        self._touched.set()

    async def _show(self, screen: Screen) -> None:
        """Draw what is new."""
        moves, areas = self._desktop.take()
        for area, place in moves:
            screen.copy(area, place)
        if areas:
            await screen.update(self.picture, areas=areas)
        shape, spot = (beam(), BEAM_SPOT) if self._desktop.over_text else (arrow(), ARROW_SPOT)
        if shape is not self._shape:
            self._shape = shape
            screen.cursor(shape, spot)
        screen.move_cursor(*self._desktop.pointer)

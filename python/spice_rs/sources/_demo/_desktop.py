"""The desktop: background, panel, windows on top of each other, and what pointer and keys do to them."""

from __future__ import annotations

from datetime import datetime

from ...server.screen import Area, Pixels
from . import _paint as paint
from . import _theme as theme
from ._clock import Clock
from ._events import Events
from ._notes import Notes
from ._wallpaper import wallpaper
from ._waves import Waves
from ._window import Button, Window, common, contains, cut, moved

LEAST = (800, 600)
MOTION = 1 / 25
"""Seconds between two pictures of what moves."""

FORMAT = "%a %d %b   %H:%M:%S"


class Desktop:
    """A picture, and what it consists of.

    Attributes:
        picture: the whole, as it was when it was taken last.
        windows: the lowest first.
        pointer: where it is.
    """

    def __init__(self, width: int, height: int) -> None:
        if width < LEAST[0] or height < LEAST[1]:
            raise ValueError(
                f"the demo desktop takes at least {LEAST[0]}x{LEAST[1]} pixels, not {width}x{height}"
            )
        self.size = (width, height)
        self.pointer = (width // 2, height // 2)
        self.notes = Notes((width * 6 // 100, height * 15 // 100), (min(500, width * 42 // 100), 250))
        self.waves = Waves((width * 62 // 100, height * 13 // 100))
        self.clock = Clock((width * 74 // 100, height * 60 // 100))
        self.events = Events((width * 24 // 100, height * 61 // 100), (min(400, width * 38 // 100), 190))
        self.windows: list[Window] = [self.clock, self.events, self.waves, self.notes]
        for window in self.windows:
            _, _, right, bottom = window.inside
            window.left -= max(0, right + theme.MARGIN - width)
            window.top -= max(0, bottom + theme.MARGIN - height)
        self._background = wallpaper(width, height)
        self._shown_second: int | None = None
        self._grip: tuple[Window, int, int] | None = None
        self._dirty: list[Area] = []
        self._places: dict[Window, tuple[int, int]] = {}
        paint.fill(self._background, (0, 0, width, theme.PANEL_HEIGHT), theme.PANEL)
        self._panel_text(theme.MARGIN, "spice_rs")
        self._show_pointer()
        self._raise(self.notes)
        self.picture = self._background.copy()
        self._dirty = [(0, 0, width, height)]

    # Time.

    def tick(self, now: float) -> None:
        """Let time go on to a moment, in seconds since 1970."""
        for window in self.windows:
            window.tick(now)
        if int(now) != self._shown_second:
            self._shown_second = int(now)
            words = datetime.fromtimestamp(self._shown_second).strftime(FORMAT)
            # As wide as it ever gets, so that it does not tremble.
            self._panel_text(self.size[0] - paint.text_width(words, theme.TEXT) - theme.MARGIN, words, 220)

    def rest(self, now: float) -> float:
        """Return in how many seconds there is something new by itself."""
        return 1 - now % 1 if self.waves.paused else MOTION

    # Pointer and keys.

    def point(self, x: int, y: int) -> None:
        """Move the pointer."""
        width, height = self.size
        x, y = min(max(x, 0), width - 1), min(max(y, 0), height - 1)
        if (x, y) == self.pointer:
            return
        self.pointer = (x, y)
        self._show_pointer()
        if self._grip is not None:
            window, dx, dy = self._grip
            self._move(window, x - dx, y - dy)
        for window in self.windows:
            self._hover(window, self._button_here() if window is self.window_here() else None)

    def press(self) -> None:
        """Press the left button."""
        window = self.window_here()
        if window is None:
            return
        self._raise(window)
        x, y = self.pointer
        button = self._button_here()
        if button is not None:
            window.pressed = button
            window.paint_button(button)
        elif contains(window.handle, x, y):
            self._grip = (window, x - window.left, y - window.top)

    def release(self) -> None:
        """Let the left button go: that is what makes a click."""
        self._grip = None
        for window in self.windows:
            button, window.pressed = window.pressed, None
            if button is not None:
                if button is self._button_here():
                    button.action()
                window.paint_button(button)

    def key(self, name: str | None, character: str | None) -> None:
        """Press a key."""
        self.windows[-1].key(name, character)

    def window_here(self) -> Window | None:
        """Return the window under the pointer."""
        x, y = self.pointer
        return next(
            (
                window
                for window in reversed(self.windows)
                if contains(window.inside, x, y) or contains(window.handle, x, y)
            ),
            None,
        )

    @property
    def over_text(self) -> bool:
        """Whether the pointer is where text can be typed."""
        window = self.window_here()
        return window is not None and window.takes_text and contains(window.inside, *self.pointer)

    # Pictures.

    def take(self) -> tuple[list[tuple[Area, tuple[int, int]]], list[Area]]:
        """Bring the picture up to date; return what has only moved, and where it may have changed otherwise."""
        moves = [move for window in self.windows if (move := self._take_move(window)) is not None]
        changes = self._dirty + [area for window in self.windows for area in window.take_changes()]
        self._dirty = []
        areas = [area for each in changes if (area := common(each, (0, 0, *self.size))) is not None]
        for area in areas:
            self.paint(self.picture, area)
        return moves, areas

    def paint(self, picture: Pixels, area: Area) -> None:
        """Paint what is in an area, from the background up."""
        covering = [
            number for number, window in enumerate(self.windows) if common(window.inside, area) == area
        ]
        if not covering:
            cut(picture, area)[:] = cut(self._background, area)
        for window in self.windows[covering[-1] if covering else 0 :]:
            if common(window.outside, area) is not None:
                window.show(picture, area)

    def _take_move(self, window: Window) -> tuple[Area, tuple[int, int]] | None:
        """Return where the window was and came to, if it was in full sight before and is now."""
        before = self._places.pop(window, None)
        if before is None or before == (window.left, window.top) or window is not self.windows[-1]:
            return None
        left, top, _, _ = window.handle
        now = (left, top, window.inside[2] + 1, window.inside[3] + 1)
        was = moved(now, before[0] - window.left, before[1] - window.top)
        screen = (0, 0, *self.size)
        return (was, (left, top)) if common(was, screen) == was and common(now, screen) == now else None

    # What happens inside.

    def _move(self, window: Window, left: int, top: int) -> None:
        """Move a window; its title stays within reach."""
        width, height = self.size
        body_width = window.body.shape[1]
        left = min(max(left, 60 - body_width), width - 60)
        top = min(max(top, theme.PANEL_HEIGHT + theme.TITLE_HEIGHT), height - 10)
        if (left, top) != (window.left, window.top):
            self._places.setdefault(window, (window.left, window.top))
            self._dirty.append(window.outside)
            window.left, window.top = left, top
            self._dirty.append(window.outside)

    def _raise(self, window: Window) -> None:
        """Bring a window to the top, where keys go to it."""
        self.windows.remove(window)
        self.windows.append(window)
        for each in self.windows:
            if each.active != (each is window):
                each.activate(each is window)
                self._dirty.append(each.outside)

    def _button_here(self) -> Button | None:
        window = self.window_here()
        return window.button_at(*self.pointer) if window is not None else None

    def _hover(self, window: Window, button: Button | None) -> None:
        before, window.hovered = window.hovered, button
        for each in (before, button):
            if each is not None and before is not button:
                window.paint_button(each)

    def _show_pointer(self) -> None:
        x, y = self.pointer
        self._panel_text(theme.MARGIN + 90, f"{x}, {y}", 100)

    def _panel_text(self, left: int, words: str, width: int = 80) -> None:
        area = (left, 0, min(left + width, self.size[0]), theme.PANEL_HEIGHT)
        place = cut(self._background, area)
        place[:] = paint.pixel(theme.PANEL)
        top = (theme.PANEL_HEIGHT - paint.letters(words, theme.TEXT).shape[0]) // 2
        paint.text(place, (0, top), words, theme.PANEL_INK, theme.TEXT)
        self._dirty.append(area)

"""A window: a frame with a shadow and a title bar, and a body that whoever is inside paints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...server.screen import Area, Pixels
from . import _paint as paint
from . import _theme as theme


@dataclass(eq=False)
class Button:
    """A button in a window's body."""

    area: Area
    label: Callable[[], str]
    action: Callable[[], None]


class Window:
    """One window.

    Attributes:
        body: what is in it; `changed` says that something was painted there.
        left, top: where the body is on the screen.
        buttons: those in the body.
        takes_text: whether it is for typing, which the pointer's shape shows.
    """

    takes_text = False

    def __init__(self, title: str, size: tuple[int, int], place: tuple[int, int]) -> None:
        self.title = title
        self.left, self.top = place
        self.body = paint.blank(size, theme.PAPER)
        self.buttons: list[Button] = []
        self.active = False
        self.hovered: Button | None = None
        self.pressed: Button | None = None
        self._changes: list[Area] = []
        self._frame = self._painted_frame()

    # For whoever is inside.

    def tick(self, now: float) -> None:
        """Show what the time is."""

    def key(self, name: str | None, character: str | None) -> None:
        """Take a key that went down."""

    def changed(self, area: Area | None = None) -> None:
        """Say that an area of the body was painted, or all of it."""
        height, width, _ = self.body.shape
        self._changes.append(area or (0, 0, width, height))

    def paint_button(self, button: Button) -> None:
        """Paint a button as it is now."""
        left, top, right, bottom = button.area
        place = self.body[top:bottom, left:right]
        colour = theme.BUTTON_HOVER if button is self.hovered else theme.BUTTON
        if button is self.pressed:
            colour = theme.BUTTON_PRESSED
        place[:] = paint.pixel(theme.PAPER)
        mask = paint.rounded(right - left, bottom - top, 6)
        paint.tint(place, mask, theme.LINE)
        paint.tint(place[1:-1, 1:-1], paint.rounded(right - left - 2, bottom - top - 2, 5), colour)
        label = paint.letters(button.label(), theme.SMALL)
        x, y = (right - left - label.shape[1]) // 2, (bottom - top - label.shape[0]) // 2
        paint.text(place, (x, y), button.label(), theme.INK, theme.SMALL)
        self.changed(button.area)

    # For the desktop.

    @property
    def inside(self) -> Area:
        """Where the body is on the screen."""
        height, width, _ = self.body.shape
        return self.left, self.top, self.left + width, self.top + height

    @property
    def handle(self) -> Area:
        """Where the title bar is: what the window is dragged by."""
        left, top, right, _ = self.inside
        return left - 1, top - theme.TITLE_HEIGHT, right + 1, top

    @property
    def outside(self) -> Area:
        """Where anything of it is on the screen, its shadow too."""
        left, top, right, bottom = self.inside
        reach = theme.SHADOW
        return (
            left - 1 - reach,
            top - theme.TITLE_HEIGHT - reach + theme.SHADOW_DROP,
            right + 1 + reach,
            bottom + 1 + reach + theme.SHADOW_DROP,
        )

    def button_at(self, x: int, y: int) -> Button | None:
        """Return the button at a place of the screen."""
        x, y = x - self.left, y - self.top
        return next((button for button in self.buttons if contains(button.area, x, y)), None)

    def activate(self, active: bool) -> None:
        """Show whether keys go here."""
        if active != self.active:
            self.active = active
            self._frame = self._painted_frame()

    def take_changes(self) -> list[Area]:
        """Return where the body has changed, on the screen, and forget it."""
        changes, self._changes = self._changes, []
        return [
            (left + self.left, top + self.top, right + self.left, bottom + self.top)
            for left, top, right, bottom in changes
        ]

    def show(self, picture: Pixels, area: Area) -> None:
        """Paint what is in an area of the screen."""
        left, top, right, bottom = self.outside
        inside = self.inside
        # Only what is around the body has anything to blend.
        for strip in (
            (left, top, right, inside[1]),
            (left, inside[3], right, bottom),
            (left, inside[1], inside[0], inside[3]),
            (inside[2], inside[1], right, inside[3]),
        ):
            part = common(strip, area)
            if part is not None:
                paint.blend(cut(picture, part), cut(self._frame, moved(part, -left, -top)))
        part = common(inside, area)
        if part is not None:
            cut(picture, part)[:] = cut(self.body, moved(part, -self.left, -self.top))

    def _painted_frame(self) -> Pixels:
        """Return the window without its body: shadow, border, title bar."""
        card = self._painted_card()
        height, width, _ = card.shape
        left, top, right, bottom = self.outside
        frame = np.zeros((bottom - top, right - left, 4), np.uint8)
        strength = theme.SHADOW_ALPHA if self.active else theme.SHADOW_ALPHA * 2 // 3
        frame[..., 3] = paint.shadow(width, height, theme.SHADOW, strength)
        x, y = theme.SHADOW, theme.SHADOW - theme.SHADOW_DROP
        paint.blend(frame[y : y + height, x : x + width], card)
        return frame

    def _painted_card(self) -> Pixels:
        """Return border and title bar, with the upper corners cut off."""
        body_height, body_width, _ = self.body.shape
        width, height = body_width + 2, body_height + theme.TITLE_HEIGHT + 1
        card = paint.blank((width, height), theme.LINE)
        self._paint_title(card[: theme.TITLE_HEIGHT])
        mask = paint.rounded(width, height, theme.RADIUS, bottom=False)[..., np.newaxis].astype(np.uint16)
        card[:] = (card * mask + 127) // 255
        return card

    def _paint_title(self, bar: Pixels) -> None:
        look = theme.ACTIVE if self.active else theme.INACTIVE
        steps = np.linspace(0, 1, bar.shape[0])[:, np.newaxis].repeat(bar.shape[1], axis=1)
        bar[:] = paint.between(look.top, look.bottom, steps)
        top = (bar.shape[0] - paint.letters(self.title, theme.TEXT).shape[0]) // 2
        paint.text(bar, (theme.MARGIN, top), self.title, look.ink, theme.TEXT)


def contains(area: Area, x: int, y: int) -> bool:
    """Tell whether a place is in an area."""
    left, top, right, bottom = area
    return left <= x < right and top <= y < bottom


def common(one: Area, other: Area) -> Area | None:
    """Return what two areas have in common, if anything."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[2], other[2]), min(one[3], other[3])
    return (left, top, right, bottom) if left < right and top < bottom else None


def moved(area: Area, dx: int, dy: int) -> Area:
    """Return an area elsewhere."""
    left, top, right, bottom = area
    return left + dx, top + dy, right + dx, bottom + dy


def cut(picture: Pixels, area: Area) -> Pixels:
    """Return a part of a picture."""
    left, top, right, bottom = area
    return picture[top:bottom, left:right]

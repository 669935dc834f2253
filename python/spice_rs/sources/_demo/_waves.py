"""A window in which something moves all the time, and buttons for it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...server.screen import Area
from . import _paint as paint
from . import _theme as theme
from ._window import Button, Window

PALETTES = (
    (0x0B2545, 0x1F6FA8, 0x8FD3D1, 0xFDF3D0, 0xF2A65A),
    (0x20103A, 0x7A2E8E, 0xE0607E, 0xFFD9A0, 0xFFF7E8),
    (0x07281F, 0x1C7A52, 0xA6D96A, 0xF5F7C4, 0x3FA7A0),
)
HEIGHT, ROW = 180, 48
"""Of the moving picture, and of the row of buttons under it."""


class Waves(Window):
    """Colours that flow."""

    def __init__(self, place: tuple[int, int], width: int = 330) -> None:
        super().__init__("Waves", (width, HEIGHT + ROW), place)
        self.paused = False
        self.palette = 0
        self._time = 0.0
        self._begun: float | None = None
        self._pixels = self.body.view(np.uint32)[..., 0]
        self._field = Field(width, HEIGHT)
        self._colours = [palette(colours) for colours in PALETTES]
        half = width // 2
        self.buttons = [
            self._button(theme.MARGIN, half - 4, lambda: "Go on" if self.paused else "Pause", self._pause),
            self._button(half + 4, width - theme.MARGIN, lambda: "Other colours", self._recolour),
        ]
        for button in self.buttons:
            self.paint_button(button)
        self._paint()

    def tick(self, now: float) -> None:
        """Let the colours flow on."""
        if self._begun is None or self.paused:
            self._begun = now - self._time
        if not self.paused:
            self._time = now - self._begun
            self._paint()

    def _button(self, left: int, right: int, label: Callable[[], str], action: Callable[[], None]) -> Button:
        area: Area = (left, HEIGHT + 9, right, HEIGHT + ROW - 9)
        return Button(area, label, action)

    def _pause(self) -> None:
        self.paused = not self.paused

    def _recolour(self) -> None:
        self.palette = (self.palette + 1) % len(PALETTES)
        self._paint()

    def _paint(self) -> None:
        height, width = self._field.shape
        # As whole pixels: picking four bytes each takes three times as long.
        self._pixels[:height] = self._colours[self.palette][self._field.at(self._time)]
        self.changed((0, 0, width, height))


class Field:
    """A number from 0 to 255 for each place and time, without edges in either."""

    def __init__(self, width: int, height: int) -> None:
        self.shape = height, width
        across = np.arange(width) / 190
        down = np.arange(height)[:, np.newaxis] / 150
        rings = np.hypot(across - across.mean(), down - down.mean())
        self._waves = [
            (np.round(phase * STEPS).astype(np.int32), speed)
            for phase, speed in ((0.9 * rings, -0.21), (across, 0.11), (1.3 * down, -0.08))
        ]

    def at(self, time: float) -> NDArray[np.uint8]:
        """Return the numbers of one moment."""
        # A table of one wave, looked at in places that move: a sine for each pixel would take ten times as long.
        rings, across, down = (
            WAVE[phase + round(time * speed * STEPS) & STEPS - 1] for phase, speed in self._waves
        )
        numbers: NDArray[np.uint8] = rings + across + down
        return numbers


STEPS = 2048
WAVE = np.round(42.5 + 42.5 * np.sin(np.arange(STEPS) * (2 * np.pi / STEPS))).astype(np.uint8)
"""One wave; three of them together reach from 0 to 255."""


def palette(colours: tuple[int, ...]) -> NDArray[np.uint32]:
    """Return 256 pixels from the first colour to the last, through the others."""
    places = np.linspace(0, len(colours) - 1, 256)
    table = np.empty((256, 4), np.uint8)
    for number, (low, high) in enumerate(pairwise(colours)):
        rows = np.flatnonzero((places >= number) & (places <= number + 1))
        table[rows] = paint.between(low, high, places[rows] - number)
    return table.view(np.uint32)[:, 0]

"""A window with the time."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
from PIL import Image, ImageDraw

from . import _paint as paint
from . import _theme as theme
from ._window import Window

SIDE = 200
HANDS = ((0.50, 7.0, theme.INK), (0.74, 5.0, theme.INK), (0.80, 2.0, 0xD2493A))
"""Length as a part of the radius, width and colour of the hands for hours, minutes and seconds."""


class Clock(Window):
    """A face with three hands that moves once a second."""

    def __init__(self, place: tuple[int, int]) -> None:
        super().__init__("Clock", (SIDE, SIDE), place)
        self._shown: int | None = None
        self._face = face()

    def tick(self, now: float) -> None:
        """Show the second that it is."""
        if int(now) == self._shown:
            return
        self._shown = int(now)
        image = self._face.copy()
        draw_hands(ImageDraw.Draw(image), datetime.fromtimestamp(self._shown))
        self.body[..., :3] = np.asarray(image.reduce(paint.OVERSIZE))[:, :, ::-1]
        self.changed()


def face() -> Image.Image:
    """Draw what does not move, `OVERSIZE` times as large."""
    scale = paint.OVERSIZE
    image = Image.new("RGB", (SIDE * scale, SIDE * scale), rgb(theme.PAPER))
    draw = ImageDraw.Draw(image)
    middle, radius = SIDE * scale / 2, (SIDE / 2 - theme.MARGIN) * scale
    draw.ellipse(
        (middle - radius, middle - radius, middle + radius, middle + radius),
        rgb(0xFFFFFF),
        rgb(theme.LINE),
        2 * scale,
    )
    for minute in range(60):
        whole = minute % 5 == 0
        start, end = (0.84 if whole else 0.90) * radius, 0.94 * radius
        line = (*around(middle, start, minute / 60), *around(middle, end, minute / 60))
        draw.line(line, rgb(theme.INK if whole else theme.PALE_INK), (3 if whole else 1) * scale)
    return image


def draw_hands(draw: ImageDraw.ImageDraw, time: datetime) -> None:
    """Draw the hands of a moment."""
    scale = paint.OVERSIZE
    middle, radius = SIDE * scale / 2, (SIDE / 2 - theme.MARGIN) * scale
    turns = (
        (time.hour % 12 + time.minute / 60) / 12,
        (time.minute + time.second / 60) / 60,
        time.second / 60,
    )
    for turn, (length, width, colour) in zip(turns, HANDS, strict=True):
        start, end = around(middle, -0.12 * radius, turn), around(middle, length * radius, turn)
        draw.line((*start, *end), rgb(colour), round(width * scale))
    hub = 6 * scale
    draw.ellipse((middle - hub, middle - hub, middle + hub, middle + hub), rgb(HANDS[-1][2]))


def around(middle: float, distance: float, turn: float) -> tuple[float, float]:
    """Return a place at a distance from the middle, after a part of a turn from the top."""
    angle = 2 * math.pi * turn
    return middle + distance * math.sin(angle), middle - distance * math.cos(angle)


def rgb(colour: int) -> tuple[int, int, int]:
    """Return a colour as Pillow wants it."""
    return colour >> 16, colour >> 8 & 0xFF, colour & 0xFF

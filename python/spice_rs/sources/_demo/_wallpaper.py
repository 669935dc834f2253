"""The background: evening sky over hills."""

from __future__ import annotations

import numpy as np

from ...server.screen import Pixels
from . import _paint as paint
from . import _theme as theme


def wallpaper(width: int, height: int) -> Pixels:
    """Paint it in any size."""
    picture = np.repeat(sky(height)[:, np.newaxis], width, axis=1)
    x = np.arange(width) / width
    y = np.arange(height)[:, np.newaxis]
    for number, colour in enumerate(theme.HILLS):
        # Each row of hills is nearer: lower, with longer waves.
        waves = np.sin(x * (11 - 2 * number) + 1.7 * number) + 0.5 * np.sin(
            x * (23 - 5 * number) + 4 * number
        )
        edge = height * (0.62 + 0.095 * number - 0.035 * waves)
        # How far each pixel lies under the edge is how much of it the hill covers.
        mask = np.round((y + 1 - edge[np.newaxis]).clip(0, 1) * 255).astype(np.uint8)
        paint.tint(picture, mask, colour)
    return picture


def sky(height: int) -> Pixels:
    """Return the colours of the sky from top to bottom."""
    horizon = round(height * 0.72)
    steps = np.linspace(0, len(theme.SKY) - 1, horizon)
    column = np.empty((height, 4), np.uint8)
    column[:] = paint.pixel(theme.SKY[-1])
    for number, (upper, lower) in enumerate(zip(theme.SKY, theme.SKY[1:], strict=False)):
        rows = np.flatnonzero((steps >= number) & (steps <= number + 1))
        column[rows] = paint.between(upper, lower, steps[rows] - number)
    return column

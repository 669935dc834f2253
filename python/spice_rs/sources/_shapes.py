"""Pointers of our own: a white arrow with a dark edge, smoothed; and a bar for text."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from ..server.screen import Pixels

SIZE = (14, 21)
ARROW_SPOT = (1, 1)
FINENESS = 8
"""Points looked at per pixel and direction: what part of them is inside is the pixel's alpha."""

EDGE = 1.1
OUTLINE = ((1.0, 1.0), (1.0, 16.2), (4.7, 12.9), (7.0, 18.2), (9.4, 17.1), (7.1, 12.0), (12.0, 11.7))


@functools.cache
def arrow() -> Pixels:
    """Return its shape: (height, width, 4) uint8, blue first, colours multiplied by alpha."""
    inside = covered(0.0)
    alpha = covered(EDGE)
    colour = np.round(inside * 255)
    # The white inside lies on the dark edge, whose colour is 0x20.
    colour += np.round((alpha - inside) * 0x20)
    shape = np.stack([colour, colour, colour, np.round(alpha * 255)], axis=2).astype(np.uint8)
    shape.flags.writeable = False
    return shape


BEAM_SPOT = (4, 9)


@functools.cache
def beam() -> Pixels:
    """Return the pointer's shape over text: a dark bar with a light edge, which is seen on everything."""
    shape = np.zeros((19, 9, 4), np.uint8)
    shape[1:18, 3:6] = shape[0:3, 1:8] = shape[16:19, 1:8] = LIGHT
    shape[2:17, 4] = shape[1, 2:7] = shape[17, 2:7] = DARK
    shape.flags.writeable = False
    return shape


LIGHT, DARK = (0xC0, 0xC0, 0xC0, 0xC0), (0x20, 0x20, 0x20, 0xFF)


def covered(margin: float) -> NDArray[np.float64]:
    """Return for each pixel which part of it is inside the outline, or not farther from it than a margin."""
    width, height = SIZE
    x, y = np.meshgrid(
        (np.arange(width * FINENESS) + 0.5) / FINENESS, (np.arange(height * FINENESS) + 0.5) / FINENESS
    )
    inside = np.zeros(x.shape, bool)
    near = np.zeros(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(OUTLINE, OUTLINE[1:] + OUTLINE[:1], strict=True):
        # A ray to the left crosses the outline an odd number of times, if it comes from inside.
        with np.errstate(divide="ignore"):
            inside ^= ((y0 > y) != (y1 > y)) & (x > x0 + (y - y0) * np.divide(x1 - x0, y1 - y0))
        along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
        along = along.clip(0, 1)
        near |= np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0)) <= margin
    whole = inside | near if margin else inside
    parts: NDArray[np.float64] = whole.reshape(height, FINENESS, width, FINENESS).mean(axis=(1, 3))
    return parts

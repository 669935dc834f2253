"""Painting into arrays: colours, text, smoothed shapes. Everything is (height, width, 4) uint8, blue first."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ...server.screen import Area, Pixels

Mask = NDArray[np.uint8]
"""(height, width): how much of each pixel is covered."""

OVERSIZE = 4
"""Shapes are drawn so many times larger, and made smaller: that smooths their edges."""


def pixel(colour: int) -> Pixels:
    """Return a colour as a pixel."""
    return np.array([colour & 0xFF, colour >> 8 & 0xFF, colour >> 16, 255], np.uint8)


def blank(size: tuple[int, int], colour: int) -> Pixels:
    """Return a picture of one colour."""
    result = np.empty((size[1], size[0], 4), np.uint8)
    result[:] = pixel(colour)
    return result


def fill(target: Pixels, area: Area, colour: int) -> None:
    """Fill an area."""
    left, top, right, bottom = area
    target[top:bottom, left:right] = pixel(colour)


def between(first: int, last: int, parts: NDArray[np.float64]) -> Pixels:
    """Return the colours between two, for parts from 0 to 1."""
    low, high = pixel(first).astype(np.float64), pixel(last).astype(np.float64)
    return np.round(low + (high - low) * parts[..., np.newaxis]).astype(np.uint8)


def tint(target: Pixels, mask: Mask, colour: int) -> None:
    """Paint a colour through a mask of the same size."""
    amount = mask[..., np.newaxis].astype(np.uint16)
    mixed = target * (255 - amount) + pixel(colour) * amount
    target[:] = (mixed + 127) // 255


def blend(target: Pixels, source: Pixels) -> None:
    """Lay a picture over another; its colours are multiplied by their alpha."""
    rest = 255 - source[..., 3:].astype(np.uint16)
    target[:] = source + ((target * rest + 127) // 255).astype(np.uint8)


def text(target: Pixels, place: tuple[int, int], words: str, colour: int, size: int) -> int:
    """Write a line of text with its left top corner at a place, as far as there is room; return its width."""
    mask = letters(words, size)
    x, y = place
    room = target[max(0, y) : y + mask.shape[0], max(0, x) : x + mask.shape[1]]
    tint(room, mask[: room.shape[0], : room.shape[1]], colour)
    return int(mask.shape[1])


def text_width(words: str, size: int) -> int:
    """Return how wide a line of text is."""
    return int(letters(words, size).shape[1])


@functools.lru_cache(maxsize=512)
def letters(words: str, size: int) -> Mask:
    """Return a line of text as a mask. All lines of one size have the same height and base line."""
    font = typeface(size)
    ascent, descent = font.getmetrics()
    width = max(1, round(font.getlength(words)))
    image = Image.new("L", (width, ascent + descent))
    ImageDraw.Draw(image).text((0, 0), words, font=font, fill=255)
    return np.asarray(image)


def line_height(size: int) -> int:
    """Return how far lines of text are apart."""
    return round(sum(typeface(size).getmetrics()) * 1.2)


@functools.cache
def typeface(size: int) -> ImageFont.FreeTypeFont:
    """Return the letters that come with Pillow."""
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "this Pillow was built without FreeType"
    return font


@functools.lru_cache(maxsize=64)
def rounded(width: int, height: int, radius: int, *, bottom: bool = True) -> Mask:
    """Return a rectangle with round corners as a mask.

    Arguments:
        bottom: whether the lower corners are round too.
    """
    size = (width * OVERSIZE, height * OVERSIZE)
    image = Image.new("L", size)
    ImageDraw.Draw(image).rounded_rectangle(
        (0, 0, size[0] - 1, size[1] - 1),
        radius * OVERSIZE,
        fill=255,
        corners=(True, True, bottom, bottom),
    )
    return np.asarray(image.reduce(OVERSIZE))


def shadow(width: int, height: int, reach: int, alpha: int) -> Mask:
    """Return the soft shadow of a rectangle, with a margin of `reach` around it, as a mask."""
    across = np.abs(np.arange(width + 2 * reach) - (width + 2 * reach - 1) / 2) - width / 2
    down = np.abs(np.arange(height + 2 * reach) - (height + 2 * reach - 1) / 2) - height / 2
    distance = np.hypot(across.clip(0)[np.newaxis], down.clip(0)[:, np.newaxis])
    mask: Mask = np.round(alpha * (1 - distance / reach).clip(0, 1) ** 2).astype(np.uint8)
    return mask

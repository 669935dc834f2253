"""What a source asks of a screen: the part of `spice_rs.server.Screen` that it uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""A picture: (height, width, 4) or (height, width, 3) uint8, blue first."""

Area = tuple[int, int, int, int]
"""Left, top, right and bottom; the last two are outside."""


class Screen(Protocol):
    """A served screen."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""

    async def draw(self, pixels: Pixels, at: tuple[int, int] = (0, 0)) -> object:
        """Put a picture on the screen at a place; only what differs is sent."""

    async def update(self, pixels: Pixels, *, areas: Iterable[Area] | None = None) -> object:
        """Show a picture of the whole screen; `areas` say where it may have changed."""

    def fill(self, area: Area, colour: int) -> None:
        """Fill an area with one colour, 0xRRGGBB."""

    def copy(self, area: Area, to: tuple[int, int]) -> None:
        """Copy an area, so that its left top corner comes to a place."""

    async def resize(self, width: int, height: int) -> None:
        """Change the size."""

    def cursor(self, image: Pixels | None, hot_spot: tuple[int, int] = (0, 0)) -> None:
        """Show a pointer: (height, width, 4) uint8, blue first, colours multiplied by alpha; None hides it."""

    def move_cursor(self, x: int, y: int) -> None:
        """Say where the pointer is."""

"""A screen in memory that keeps what sources put on it, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import trio

from spice_rs.server.screen import Area, Pixels


class MemoryScreen:
    """A screen as `spice_rs.server` has it, without anybody who looks at it.

    Attributes:
        picture: (height, width, 3) uint8, blue first.
        calls: the name of each method that was called, and the area that it was about.
        pointer: image, hot spot and place of the pointer.
    """

    def __init__(self, size: tuple[int, int] = (1, 1)) -> None:
        self.picture = np.zeros((size[1], size[0], 3), np.uint8)
        self.calls: list[tuple[str, Area]] = []
        self.pointer: tuple[Pixels | None, tuple[int, int], tuple[int, int]] = (None, (0, 0), (0, 0))
        self._changed = trio.lowlevel.ParkingLot()

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.picture.shape[:2]
        return width, height

    async def draw(self, pixels: Pixels, at: tuple[int, int] = (0, 0)) -> None:
        height, width = pixels.shape[:2]
        left, top = at
        target = self.picture[top : top + height, left : left + width]
        assert target.shape[:2] == (height, width), "a picture reaches over the edge"
        target[:] = pixels[:, :, :3]
        self._note("draw", (left, top, left + width, top + height))
        await trio.lowlevel.checkpoint()

    async def update(self, pixels: Pixels, *, areas: Iterable[Area] | None = None) -> None:
        assert pixels.shape[:2] == self.picture.shape[:2], "update takes a picture of the whole screen"
        for left, top, right, bottom in [(0, 0, *self.size)] if areas is None else areas:
            self.picture[top:bottom, left:right] = pixels[top:bottom, left:right, :3]
            self._note("update", (left, top, right, bottom))
        await trio.lowlevel.checkpoint()

    def fill(self, area: Area, colour: int) -> None:
        left, top, right, bottom = area
        self.picture[top:bottom, left:right] = list(colour.to_bytes(3, "little"))
        self._note("fill", area)

    def copy(self, area: Area, to: tuple[int, int]) -> None:
        left, top, right, bottom = area
        x, y = to
        self.picture[y : y + bottom - top, x : x + right - left] = self.picture[top:bottom, left:right].copy()
        self._note("copy", area)

    async def resize(self, width: int, height: int) -> None:
        self.picture = np.zeros((height, width, 3), np.uint8)
        self._note("resize", (0, 0, width, height))
        await trio.lowlevel.checkpoint()

    def cursor(self, image: Pixels | None, hot_spot: tuple[int, int] = (0, 0)) -> None:
        self.pointer = (image, hot_spot, self.pointer[2])
        self._note("cursor", (0, 0, 0, 0))

    def move_cursor(self, x: int, y: int) -> None:
        self.pointer = (*self.pointer[:2], (x, y))
        self._note("move_cursor", (x, y, x, y))

    async def until(self, condition: Callable[[], object], seconds: float = 20) -> None:
        """Wait until something holds that can only change when the screen does."""
        with trio.fail_after(seconds):
            while not condition():
                await self._changed.park()

    async def pause(self, quiet: float, seconds: float = 20) -> None:
        """Wait until nothing has been drawn for a while."""
        with trio.fail_after(seconds):
            while True:
                with trio.move_on_after(quiet) as waiting:
                    await self._changed.park()
                if waiting.cancelled_caught:
                    return

    def called(self, name: str) -> list[Area]:
        """Return the areas of one method's calls."""
        return [area for called, area in self.calls if called == name]

    def _note(self, name: str, area: Area) -> None:
        self.calls.append((name, area))
        self._changed.unpark_all()

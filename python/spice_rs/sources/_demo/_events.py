"""A window that tells what clients do."""

from __future__ import annotations

from . import _paint as paint
from . import _theme as theme
from ._window import Window


class Events(Window):
    """The newest lines; what is new comes in at the bottom."""

    def __init__(self, place: tuple[int, int], size: tuple[int, int]) -> None:
        super().__init__("Events", size, place)
        self._step = paint.line_height(theme.SMALL)
        self._rows = (size[1] - 2 * theme.MARGIN) // self._step
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        """Add a line."""
        top, bottom = theme.MARGIN, theme.MARGIN + self._rows * self._step
        if len(self.lines) == self._rows:
            del self.lines[0]
            self.body[top : bottom - self._step] = self.body[top + self._step : bottom].copy()
        number = len(self.lines)
        self.lines.append(line)
        place = self.body[top + number * self._step : top + (number + 1) * self._step]
        place[:] = paint.pixel(theme.PAPER)
        paint.text(place, (theme.MARGIN, 0), line, theme.INK, theme.SMALL)
        self.changed((0, top, self.body.shape[1], bottom))

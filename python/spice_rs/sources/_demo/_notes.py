"""A window to type into."""

from __future__ import annotations

from ...server.screen import Area
from . import _paint as paint
from . import _theme as theme
from ._window import Window

WELCOME = (
    "This desktop is drawn by a Python program and served by spice_rs.",
    "Type here; drag windows by their titles; press the buttons.",
    "",
)
LINES_MAX = 200


class Notes(Window):
    """Lines of text, and a caret where the next letter comes."""

    takes_text = True

    def __init__(self, place: tuple[int, int], size: tuple[int, int]) -> None:
        super().__init__("Notes", size, place)
        self.lines = list(WELCOME)
        self.row, self.column = len(self.lines) - 1, 0
        self._first = 0
        self._step = paint.line_height(theme.TEXT)
        self._rows = (size[1] - 2 * theme.MARGIN) // self._step
        self._paint_rows(range(self._rows))

    @property
    def text(self) -> str:
        """What is written, without the welcome."""
        return "\n".join(self.lines[len(WELCOME) - 1 :])

    def activate(self, active: bool) -> None:
        """Show the caret while keys go here."""
        if active != self.active:
            super().activate(active)
            self._paint_rows([self.row - self._first])

    def key(self, name: str | None, character: str | None) -> None:
        """Write, or do what the key does in every editor."""
        before = self.row
        length = len(self.lines)
        match name:
            case "Enter" | "KP_Enter":
                self._break_line()
            case "Backspace":
                self._rub_out()
            case "Left":
                self._go(-1)
            case "Right":
                self._go(1)
            case "Home":
                self.column = 0
            case "End":
                self.column = len(self.lines[self.row])
            case "Up" | "Down":
                self.row = min(max(self.row + (1 if name == "Down" else -1), 0), len(self.lines) - 1)
                self.column = min(self.column, len(self.lines[self.row]))
            case _ if character is not None:
                self._write("    " if character == "\t" else character)
            case _:
                return
        self._repaint(before, whole=len(self.lines) != length)

    def _write(self, letters: str) -> None:
        line = self.lines[self.row]
        self.lines[self.row] = line[: self.column] + letters + line[self.column :]
        self.column += len(letters)
        if paint.text_width(self.lines[self.row], theme.TEXT) > self.body.shape[1] - 2 * theme.MARGIN:
            self._wrap()

    def _wrap(self) -> None:
        """Put the last word of a full line on the next one."""
        line = self.lines[self.row]
        at = line.rfind(" ", 1, len(line) - 1) + 1 or len(line) - 1
        if len(self.lines) == LINES_MAX:
            self.lines[self.row] = line[:at]
            self.column = min(self.column, at)
            return
        self.lines[self.row : self.row + 1] = [line[:at], line[at:]]
        if self.column >= at:
            self.row, self.column = self.row + 1, self.column - at

    def _break_line(self) -> None:
        if len(self.lines) < LINES_MAX:
            line = self.lines[self.row]
            self.lines[self.row : self.row + 1] = [line[: self.column], line[self.column :]]
            self.row, self.column = self.row + 1, 0

    def _rub_out(self) -> None:
        line = self.lines[self.row]
        if self.column:
            self.lines[self.row] = line[: self.column - 1] + line[self.column :]
            self.column -= 1
        elif self.row:
            self.column = len(self.lines[self.row - 1])
            self.lines[self.row - 1 : self.row + 1] = [self.lines[self.row - 1] + line]
            self.row -= 1

    def _go(self, step: int) -> None:
        column = self.column + step
        if 0 <= column <= len(self.lines[self.row]):
            self.column = column
        elif 0 <= self.row + step < len(self.lines):
            self.row += step
            self.column = 0 if step > 0 else len(self.lines[self.row])

    def _repaint(self, before: int, *, whole: bool) -> None:
        first = min(max(self._first, self.row - self._rows + 1), self.row)
        rows = {before - first, self.row - first}
        if whole or first != self._first:
            rows = set(range(self._rows))
        self._first = first
        self._paint_rows(sorted(rows & set(range(self._rows))))

    def _paint_rows(self, rows: range | list[int]) -> None:
        for row in rows:
            area = self._area(row)
            paint.fill(self.body, area, theme.PAPER)
            number = row + self._first
            if number < len(self.lines):
                place = self.body[area[1] : area[3], area[0] : area[2]]
                colour = theme.PALE_INK if number < len(WELCOME) - 1 else theme.INK
                paint.text(place, (0, 1), self.lines[number], colour, theme.TEXT)
                if number == self.row and self.active:
                    self._paint_caret(area)
            self.changed(area)

    def _paint_caret(self, area: Area) -> None:
        before = self.lines[self.row][: self.column]
        x = area[0] + (paint.text_width(before, theme.TEXT) if before else 0)
        paint.fill(self.body, (x, area[1] + 1, x + 2, area[3] - 1), theme.ACCENT)

    def _area(self, row: int) -> Area:
        top = theme.MARGIN + row * self._step
        return theme.MARGIN, top, self.body.shape[1] - theme.MARGIN // 2, top + self._step

"""The pointer of an X screen: its shape, and where it is when somebody else moves it."""

from __future__ import annotations

import numpy as np

from ...server.screen import POINTER_SIDE_MAX, Screen
from .._shapes import ARROW_SPOT, arrow
from ._link import HEADER, RequestRefused
from ._open import Opened


class Pointer:
    """Brings the pointer of an X display to a screen."""

    def __init__(self, display: Opened) -> None:
        import xcffib.xfixes

        self._display = display
        self._fixes = display.link.x(xcffib.xfixes.key)
        self._place: tuple[int, int] | None = None

    async def show_shape(self, screen: Screen) -> None:
        """Give the screen the present shape: colours multiplied by their alpha, as X has them too."""
        try:
            answer = await self._display.link.raw_answer(self._fixes.GetCursorImage())
        except RequestRefused:
            # X tells nobody about a shape whose program has gone, as xsetroot goes after it has set the background's.
            screen.cursor(arrow(), ARROW_SPOT)
            return
        _x, _y, width, height, hot_x, hot_y = np.frombuffer(answer, np.int16, 6, 8).tolist()
        if max(width, height) > POINTER_SIDE_MAX:
            screen.cursor(arrow(), ARROW_SPOT)
            return
        pixels = np.frombuffer(answer, np.uint8, 4 * width * height, HEADER).reshape(height, width, 4)
        screen.cursor(pixels if pixels.any() else None, (hot_x, hot_y))

    async def show_place(self, screen: Screen, known: tuple[int, int] | None) -> None:
        """Say where the pointer is.

        Arguments:
            known: where a client has put it, who knows that already.
        """
        answer = await self._display.link.answer(self._display.link.x.core.QueryPointer(self._display.root))
        place = (answer.root_x, answer.root_y)
        if place not in (known, self._place):
            screen.move_cursor(*place)
        self._place = place

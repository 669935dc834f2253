"""Arrays: a picture that a program has, or that it makes again and again."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

import trio

from ..server.screen import Pixels, Screen
from ._source import Source, checked, show

RATE = 30.0
"""Pictures a second that a function is asked for, unless told otherwise."""

Function = Callable[[], Pixels] | Callable[[], Awaitable[Pixels]]


class Array(Source):
    """Shows a numpy array, or what a function returns.

    Arguments:
        picture: (height, width, 4) or (height, width, 3) uint8, blue first; or a function that returns such an array. An `async`
            function is awaited; any other is called in Trio's thread, so it should be quick. Whoever paints into an array that
            was returned before changes what is shown next.
        rate: how often a second the array is looked at or the function is called. An array that never changes needs no rate.
        size: what the screen has at first. An array has its own.

    Raises:
        TypeError, ValueError: that is no picture, or `size` is missing.
    """

    def __init__(
        self,
        picture: Pixels | Function,
        *,
        rate: float | None = None,
        size: tuple[int, int] | None = None,
    ) -> None:
        if rate is not None and not rate > 0:
            raise ValueError(f"a rate is a number of pictures a second, not {rate}")
        self._picture = picture if callable(picture) else checked(picture)
        self._rate = rate if rate is not None or not callable(picture) else RATE
        self._size = size
        if callable(picture) and size is None:
            raise ValueError("size is missing: a function does not tell before it is called")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        if self._size is not None:
            return self._size
        assert not callable(self._picture)
        height, width = self._picture.shape[:2]
        return width, height

    async def run(self, screen: Screen) -> None:
        """Show what there is, at the rate, until cancelled."""
        while True:
            started = trio.current_time()
            await show(screen, await self._next())
            if self._rate is None:
                await trio.sleep_forever()
            # Who is late goes on from now: pictures that were missed are not made up for.
            await trio.sleep_until(max(started + 1 / self._rate, trio.current_time()))

    async def _next(self) -> Pixels:
        if not callable(self._picture):
            return self._picture
        made = self._picture()
        return checked(await made if inspect.isawaitable(made) else made)

"""An X display: what it shows, and its keyboard and pointer."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import trio

from ..._groups import plain_errors
from ...errors import SourceError
from ...server.events import Event
from ...server.screen import Screen
from .._source import Source
from . import _size
from ._damage import Damage
from ._door import knock
from ._grab import Grabber, grabber
from ._input import Operator
from ._link import RequestRefused
from ._open import Opened, opened
from ._pointer import Pointer

RATE = 60.0
"""Looks a second at a screen that never rests, unless told otherwise."""


class X11(Source):
    """Shows an X display: a desktop, or an Xvfb that exists for this alone.

    Nothing is done while nothing is drawn: the X server says where there was drawing (DAMAGE), and only that is looked at, through
    memory that both share (MIT-SHM) where they are on one machine. Keys, buttons and motion arrive as if from devices (XTEST).

    Arguments:
        display: its name, as `:0`.
        rate: how often a second the screen is looked at, at most.

    Raises:
        MissingExtra: on entering: xcffib is not installed.
        SourceError: on entering: there is no such display, it refuses, or cannot be shown; in `run`: it has gone.
    """

    def __init__(self, display: str, *, rate: float = RATE) -> None:
        if not rate > 0:
            raise ValueError(f"a rate is a number of looks a second, not {rate}")
        self._name = display
        self._rate = rate
        self._display: Opened | None = None
        self._operator: Operator | None = None
        self._size = (0, 0)
        self._running: tuple[trio.CancelScope, trio.Event] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the X screen."""
        self._there()
        return self._size

    async def __aenter__(self) -> Self:
        await knock(self._name)
        self._display = await trio.to_thread.run_sync(opened, self._name, abandon_on_cancel=True)
        self._size = self._display.size
        self._operator = Operator(self._display)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        display, self._display = self._display, None
        if display is None:
            return
        if self._running is not None:
            # It may have been cancelled a moment ago, and not have ended yet.
            scope, ended = self._running
            scope.cancel()
            with trio.CancelScope(shield=True):
                await ended.wait()
        display.link.close()

    async def run(self, screen: Screen) -> None:
        """Show what the X screen shows, and hand its input on, until cancelled or closed.

        Raises:
            SourceError: the X server has gone.
            trio.BusyResourceError: it runs already.
        """
        display = self._there()
        if self._running is not None:
            raise trio.BusyResourceError("this display is shown already; open another X11 for another screen")
        assert self._operator is not None
        scope, ended = self._running = trio.CancelScope(), trio.Event()
        try:
            with scope, display.link.trouble(), plain_errors():
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._operator.work)
                    await Watcher(display, self._operator, screen, self).watch(self._rate)
        except RequestRefused as error:
            raise SourceError(f"X display {self._name}", f"it refuses what it should not: {error}") from error
        finally:
            self._running = None
            ended.set()

    def handle(self, event: Event) -> None:
        """Do with the X display's keyboard and pointer what a client did; other events are ignored."""
        if self._operator is not None:
            self._operator.take(event)

    async def request_size(self, width: int, height: int) -> None:
        """Give the X screen another size, if it can have it; the served screen follows while `run` runs.

        Raises:
            Unsupported: it cannot.
            SourceError: the X server has gone.
        """
        display = self._there()
        with display.link.trouble():
            await _size.change_size(display, width, height)

    def _there(self) -> Opened:
        if self._display is None:
            raise RuntimeError("the display is not open: async with X11(display) as source")
        return self._display


class Watcher:
    """Brings what happens on an X display to a screen."""

    def __init__(self, display: Opened, operator: Operator, screen: Screen, source: X11) -> None:
        self._display = display
        self._operator = operator
        self._screen = screen
        self._source = source
        self._damage = Damage(display)
        self._pointer = Pointer(display)
        self._grabber: Grabber | None = None
        # At first everything is new.
        self._news = {display.damaged, display.cursor, display.resized, display.moved}

    async def watch(self, rate: float) -> None:
        """Look whenever there is something new, but not more often than so many times a second."""
        link = self._display.link
        link.on_event = self._news.add
        try:
            while True:
                looked = trio.current_time()
                await self._look()
                await trio.sleep_until(looked + 1 / rate)
                while not self._news:
                    await link.wait_events()
        finally:
            link.on_event = lambda _: None

    async def _look(self) -> None:
        """Show what is new."""
        display, news = self._display, self._news.copy()
        # What comes while this is shown is shown next time.
        self._news.clear()
        if display.resized in news:
            await self._follow_size()
        if display.cursor in news:
            await self._pointer.show_shape(self._screen)
        if news:
            # X tells of motion by devices. A program that puts it elsewhere mostly draws something too.
            await self._pointer.show_place(self._screen, self._operator.place)
        if display.damaged in news:
            await self._show_damage()

    async def _follow_size(self) -> None:
        """Make the screen as large as the X screen, and show all of it."""
        size = await _size.present_size(self._display)
        if self._grabber is not None and size == self._source.size:
            return
        if self._grabber is not None:
            self._grabber.close()
        self._grabber = await grabber(self._display, size)
        self._source._size = size
        # The picture of everything has what was drawn until now.
        await self._damage.take(size)
        if self._screen.size != size:
            await self._screen.resize(*size)
        await self._show([(0, 0, *size)])

    async def _show_damage(self) -> None:
        areas = await self._damage.take(self._source.size)
        if areas:
            await self._show(areas)

    async def _show(self, areas: list[tuple[int, int, int, int]]) -> None:
        assert self._grabber is not None
        try:
            pictures = await self._grabber.grab(areas)
        except RequestRefused:
            # The screen has become smaller since its size was asked for.
            self._grabber = None
            self._news.add(self._display.resized)
            return
        for pixels, (left, top, _, _) in zip(pictures, areas, strict=True):
            await self._screen.draw(pixels, (left, top))

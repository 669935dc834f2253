"""What all sources have in common."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from types import ModuleType, TracebackType
from typing import Self

import numpy as np
import trio

from .._groups import plain_errors
from ..errors import MissingExtra
from ..server import Event, Events, MouseMoved, Server
from ..server.screen import Pixels, Screen


class Source(ABC):
    """Draws on a served screen and takes the input of those who look at it.

    A source is entered before it is used, and then knows its size::

        async with sources.Image("desk.png") as source:
            async with spice_rs.serve(address, size=source.size) as server:
                await source.show_on(server)

    Derive from it for sources of your own: `size` and `run` are what it takes.
    """

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Width and height that the screen should have."""

    @abstractmethod
    async def run(self, screen: Screen) -> None:
        """Draw until cancelled."""

    def handle(self, event: Event) -> None:  # noqa: B027 most sources take no input
        """Take an event of the server; what means nothing to the source is ignored."""

    async def show_on(self, server: Server) -> None:
        """Draw on a server's first screen, and take what its clients do, until cancelled."""
        with plain_errors():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._take, server.events())
                await self.run(server.screen)
                nursery.cancel_scope.cancel()

    async def _take(self, events: Events) -> None:
        async for event in events:
            # What happens on further screens is for whoever draws there.
            if not isinstance(event, MouseMoved) or event.screen == 0:
                self.handle(event)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(  # noqa: B027 nor do they hold anything
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go whatever the source holds."""


async def show(screen: Screen, pixels: Pixels) -> None:
    """Show a picture of the whole screen, and make the screen as large as the picture."""
    height, width = pixels.shape[:2]
    if screen.size != (width, height):
        await screen.resize(width, height)
    await screen.update(pixels)


def checked(pixels: object) -> Pixels:
    """Return a picture as it is.

    Raises:
        TypeError: it is no array of bytes.
        ValueError: its shape is not that of a picture.
    """
    if not isinstance(pixels, np.ndarray):
        raise TypeError(f"a picture is a numpy array, not {type(pixels).__name__}; try numpy.asarray")
    if pixels.dtype != np.uint8:
        raise TypeError(f"a picture is an array of uint8, not {pixels.dtype}; try pixels.astype(numpy.uint8)")
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or 0 in pixels.shape:
        raise ValueError(
            f"a picture has the shape (height, width, 4) or (height, width, 3), blue first, not {pixels.shape}"
        )
    return pixels


def need(module: str, extra: str) -> ModuleType:
    """Import a package that comes with an extra.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(module.partition(".")[0], extra) from error

"""The pointer as programs see it: its shape, its hot spot and its place."""

from __future__ import annotations

from .._core import Shape
from ..channels.cursor import CursorClient


class Cursor:
    """The pointer of one display, as the server draws it.

    In client mouse mode a server does not say where the pointer is, for the client moved it there itself.

    Attributes:
        channel: the protocol level below.
    """

    def __init__(self, channel: CursorClient) -> None:
        self.channel = channel

    @property
    def shape(self) -> Shape | None:
        """The picture, or None where the pointer has none."""
        return self.channel.pointer.shape

    @property
    def hot_spot(self) -> tuple[int, int] | None:
        """The point of the shape that points."""
        shape = self.shape
        return None if shape is None else shape.hot_spot

    @property
    def position(self) -> tuple[int, int]:
        """Where the hot spot is on the display."""
        return self.channel.pointer.position

    @property
    def visible(self) -> bool:
        """Whether it is shown."""
        return self.channel.pointer.visible

    async def wait_change(self) -> None:
        """Wait until its shape, its place or its visibility changes.

        Raises:
            SpiceError: the cursor channel is over.
        """
        seen = self.channel.version
        await self.channel.wait_until(lambda: self.channel.version != seen)

    def __repr__(self) -> str:
        shape = self.shape
        size = f"{shape.width}x{shape.height}" if shape is not None else "no shape"
        return f"<Cursor at {self.position}, {size}{'' if self.visible else ', hidden'}>"

"""A screen: a picture that all clients see, and its pointer."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import trio
from numpy.typing import NDArray

from .. import _core
from ..channels.cursor import PointerState
from ..enums import CursorType, DisplayCap
from ..messages.cursor import CursorShape
from .encoding import Encoding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._core import Frame
    from ..channels.cursor import CursorServer
    from ..channels.display import DisplayServer

Area = tuple[int, int, int, int]
"""Left, top, right and bottom, the last two exclusive."""

Pixels: TypeAlias = NDArray[np.uint8]
"""(height, width, 4) or (height, width, 3) uint8: blue, green, red, and a fourth that is not looked at."""

SHAPES_MAX = 256
"""Pointer shapes that are recognised when they come back."""

POINTER_SIDE_MAX = 1024
"""Pixels of the longest side of a pointer's shape; clients do not show larger ones."""


class Screen:
    """One screen of a server.

    Whatever changes it returns at once; clients are shown the change as fast as each of them can be. A client that cannot keep up is
    shown the newest picture whenever it is ready for one.

    Attributes:
        number: its place in `Server.screens`; clients know its display by it.
    """

    def __init__(self, number: int, width: int, height: int, encoding: Encoding) -> None:
        self.number = number
        self._core = _core.Screen(width, height)
        self._encoding = encoding
        self._displays: set[DisplayServer] = set()
        self._cursors: set[CursorServer] = set()
        self._pointer = PointerState()
        self._shapes: OrderedDict[tuple[object, ...], CursorShape] = OrderedDict()
        self._shape_count = 0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._core.size

    def frame(self) -> Frame:
        """Return a copy of the picture as it is now; numpy sees it without copying once more."""
        return self._core.frame()

    async def draw(self, pixels: Pixels, at: tuple[int, int] = (0, 0)) -> bool:
        """Show a picture with its left top corner at (x, y); return whether anything changed.

        It is compared with what is there: what is the same costs no byte, and what has only moved next to none. What lies outside of
        the screen is left out. Do not change the array before this returns.

        Raises:
            TypeError: it is no array of uint8.
            ValueError: its shape is not (height, width, 4) or (height, width, 3), or its pixels do not lie side by side.
        """
        await trio.lowlevel.checkpoint()
        changed = self._core.draw(pixels, *at)
        if changed:
            self._tell()
        return changed

    async def update(self, pixels: Pixels, *, areas: Iterable[Area] | None = None) -> bool:
        """Show a picture of the whole screen; return whether anything changed.

        Arguments:
            areas: where it may differ from the last one, if the program knows; nothing else is looked at.

        Raises:
            TypeError: it is no array of uint8.
            ValueError: it has not the size of the screen, which `resize` changes.
        """
        width, height = self.size
        if np.shape(pixels)[:2] != (height, width):
            raise ValueError(
                f"a screen of {width}x{height} takes an array of shape ({height}, {width}, 4), "
                f"not {np.shape(pixels)}; call resize first, or draw for a part"
            )
        if areas is None:
            return await self.draw(pixels)
        await trio.lowlevel.checkpoint()
        changed = False
        for left, top, right, bottom in areas:
            left, top = max(0, left), max(0, top)
            part = pixels[top:bottom, left:right]
            changed = (part.size > 0 and self._core.draw(part, left, top)) or changed
        if changed:
            self._tell()
        return changed

    def fill(self, area: Area, colour: int) -> None:
        """Make an area one colour, 0xRRGGBB. What lies outside of the screen is left out."""
        self._core.fill(*area, colour)
        self._tell()

    def copy(self, area: Area, to: tuple[int, int]) -> None:
        """Copy an area to where its left top corner will be at (x, y), as scrolling does; both may overlap."""
        self._core.copy(*area, *to)
        self._tell()

    async def resize(self, width: int, height: int) -> None:
        """Change the size. What both sizes have stays, the rest is black.

        Raises:
            ValueError: the size is none, or too large.
        """
        await trio.lowlevel.checkpoint()
        self._core.resize(width, height)
        self._tell()

    @property
    def monitors(self) -> list[Area]:
        """The parts of the screen that clients show as monitors of their own; one that shows all of it at first."""
        return self._core.monitors

    def arrange(self, *monitors: Area) -> None:
        """Say which parts of the screen are monitors, in their order; without any, one shows all of it. `resize` forgets them.

        Raises:
            ValueError: a part is empty, or does not lie on the screen.
        """
        self._core.arrange(monitors)
        self._tell()

    # The pointer.

    def cursor(self, image: Pixels | None, hot_spot: tuple[int, int] = (0, 0)) -> None:
        """Give the pointer a shape.

        Arguments:
            image: (height, width, 4) uint8: blue, green, red and alpha, colours premultiplied with alpha. None hides the pointer.
            hot_spot: the pixel of the image that points.

        Raises:
            ValueError: the image has another shape or type, or is larger than 1024 pixels.
        """
        shape = None if image is None else self._shape(np.ascontiguousarray(image), hot_spot)
        if shape is None:
            self._show_pointer(PointerState(self._pointer.shape, self._pointer.position, visible=False))
        else:
            self._show_pointer(PointerState(shape, self._pointer.position, visible=True))

    def move_cursor(self, x: int, y: int) -> None:
        """Move the pointer. Only clients in mouse mode SERVER see it there: the others move it themselves."""
        self._show_pointer(PointerState(self._pointer.shape, (x, y), self._pointer.visible))

    def _shape(self, image: Pixels, hot_spot: tuple[int, int]) -> CursorShape:
        if image.ndim != 3 or image.shape[2] != 4 or image.dtype != np.uint8 or 0 in image.shape:
            raise ValueError(
                f"a pointer is an array of shape (height, width, 4) and uint8, not {image.shape} and {image.dtype}"
            )
        height, width, _ = image.shape
        if max(height, width) > POINTER_SIDE_MAX:
            raise ValueError(
                f"a pointer has at most {POINTER_SIDE_MAX}x{POINTER_SIDE_MAX} pixels, not {width}x{height}"
            )
        x, y = hot_spot
        if not (0 <= x < width and 0 <= y < height):
            raise ValueError(f"the hot spot {hot_spot} does not lie in a pointer of {width}x{height}")
        data = image.tobytes()
        key = (width, height, x, y, data)
        known = self._shapes.get(key)
        if known is None:
            self._shape_count += 1
            known = CursorShape(self._shape_count, CursorType.ALPHA, width, height, x, y, data)
            self._shapes[key] = known
        self._shapes.move_to_end(key)
        while len(self._shapes) > SHAPES_MAX:
            self._shapes.popitem(last=False)
        return known

    def _show_pointer(self, state: PointerState) -> None:
        self._pointer = state
        for channel in self._cursors:
            channel.show(state)

    # Clients.

    def _open_view(
        self, channel: DisplayServer, dictionary: _core.Dictionary | None, bandwidth: float | None
    ) -> _core.View:
        """Begin to show the screen to a client's display, which has named its caches."""
        assert channel.linked is not None and channel.init is not None
        can = channel.linked.channel
        is_browser = channel.init.glz_window <= 0  # no capability says so: who has no GLZ window is one
        # spice-html5 mixes the halves of an image's id with OR: only ids of 32 bits are what they are to it.
        first_image = self.number << 24 if is_browser else None
        return _core.View(
            self._core,
            dictionary=dictionary,
            monitors=DisplayCap.MONITORS_CONFIG in can,
            compression=self._encoding.compression.value,
            jpeg=self._encoding.jpeg.value,
            zlib=self._encoding.zlib.value,
            streaming=self._encoding.streaming.value,
            reports=DisplayCap.STREAM_REPORT in can,
            lz4=DisplayCap.LZ4_COMPRESSION in can,
            browser=is_browser,
            first_image=first_image,
            # Displays share the client's cache: each has half of what those before it have left.
            cache_pixels=channel.init.pixmap_cache_size >> (self.number + 1),
            bandwidth=bandwidth,
        )

    def _tell(self) -> None:
        for channel in self._displays:
            channel.look()

    def __repr__(self) -> str:
        width, height = self.size
        return f"<Screen {self.number}, {width}x{height}, {len(self._displays)} clients>"

"""Pictures of parts of an X screen: through memory that both share, or through the socket where they cannot."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ...server.screen import Area, Pixels
from ._link import HEADER, Link, RequestRefused
from ._open import Opened

Z_PIXMAP = 2
ALL_PLANES = 0xFFFFFFFF
IPC_PRIVATE, IPC_CREAT, IPC_RMID = 0, 0o1000, 0
OWNER_ONLY = 0o600


class Grabber(Protocol):
    """Takes pictures of a screen."""

    async def grab(self, areas: Sequence[Area]) -> list[Pixels]:
        """Return what is in the areas, which fit on the screen together. The arrays are valid until the next call."""

    def close(self) -> None:
        """Let go what the X server holds for it."""


async def grabber(display: Opened, size: tuple[int, int]) -> Grabber:
    """Return the fastest way of taking pictures of a screen of that size."""
    if display.shared_memory:
        try:
            return await SharedGrabber.make(display, size)
        except (OSError, RequestRefused):
            # It is on another machine, or this system has no more such memory.
            pass
    return SocketGrabber(display)


class SharedGrabber:
    """The X server writes into memory of ours (MIT-SHM): a full HD screen takes a third of a millisecond."""

    def __init__(self, display: Opened, segment: int, memory: Pixels) -> None:
        import xcffib.shm

        self._display = display
        self._shm = display.link.x(xcffib.shm.key)
        self._segment = segment
        self._memory = memory

    @classmethod
    async def make(cls, display: Opened, size: tuple[int, int]) -> SharedGrabber:
        """Share memory for one screen.

        Raises:
            OSError: the system gives none.
            RequestRefused: the X server cannot reach it.
        """
        import xcffib.shm

        link = display.link
        number, memory = shared_memory(size[0] * size[1] * 4)
        try:
            segment = link.x.generate_id()
            link.x(xcffib.shm.key).Attach(segment, number, False)
            # An answer to a later request tells that the server has attached, or has not.
            await confirm(link, link.x(xcffib.shm.key).GetImage, display.root, segment)
        finally:
            # It goes with the last who has attached it, however they end.
            LIBC.shmctl(number, IPC_RMID, None)
        return cls(display, segment, memory)

    async def grab(self, areas: Sequence[Area]) -> list[Pixels]:
        """Return pictures; see `Grabber`."""
        cookies, pictures, offset = [], [], 0
        for left, top, right, bottom in areas:
            width, height = right - left, bottom - top
            box = (left, top, width, height)
            where = (ALL_PLANES, Z_PIXMAP, self._segment, offset)
            cookies.append(self._shm.GetImage(self._display.root, *box, *where))
            end = offset + 4 * width * height
            pictures.append(self._memory[offset:end].reshape(height, width, 4))
            offset = end
        for cookie in cookies:
            await self._display.link.answer(cookie)
        return pictures

    def close(self) -> None:
        """Let the X server let go the memory; ours goes with the last array that shows it."""
        self._shm.Detach(self._segment)


class SocketGrabber:
    """The X server sends its pictures: ten times slower, but from any machine."""

    def __init__(self, display: Opened) -> None:
        self._display = display

    async def grab(self, areas: Sequence[Area]) -> list[Pixels]:
        """Return pictures; see `Grabber`."""
        link = self._display.link
        cookies = [
            link.x.core.GetImage(
                Z_PIXMAP, self._display.root, left, top, right - left, bottom - top, ALL_PLANES
            )
            for left, top, right, bottom in areas
        ]
        pictures = []
        for cookie, (left, top, right, bottom) in zip(cookies, areas, strict=True):
            data = np.frombuffer(await link.raw_answer(cookie), np.uint8)
            size = 4 * (right - left) * (bottom - top)
            pictures.append(data[HEADER : HEADER + size].reshape(bottom - top, right - left, 4))
        return pictures

    def close(self) -> None:
        """There is nothing to let go."""


async def confirm(link: Link, get_image: Any, root: int, segment: int) -> None:
    """Take a picture of one pixel."""
    await link.answer(get_image(root, 0, 0, 1, 1, ALL_PLANES, Z_PIXMAP, segment, 0))


def shared_memory(size: int) -> tuple[int, Pixels]:
    """Return a new segment's number, and its bytes; it is detached when no array shows it any more."""
    number = LIBC.shmget(IPC_PRIVATE, size, IPC_CREAT | OWNER_ONLY)
    if number == -1:
        raise OSError(ctypes.get_errno(), "no shared memory")
    address = LIBC.shmat(number, None, 0)
    if address == ctypes.c_void_p(-1).value:
        LIBC.shmctl(number, IPC_RMID, None)
        raise OSError(ctypes.get_errno(), "no shared memory")
    block = (ctypes.c_uint8 * size).from_address(address)
    weakref.finalize(block, LIBC.shmdt, ctypes.c_void_p(address))
    return number, np.ctypeslib.as_array(block)


LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.shmget.argtypes = (ctypes.c_int, ctypes.c_size_t, ctypes.c_int)
LIBC.shmat.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
LIBC.shmat.restype = ctypes.c_void_p
LIBC.shmctl.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p)

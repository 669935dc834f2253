"""A few requests of the X11 protocol: enough to ask an X server for what is on its screen, and for its pointer.

Not through Xlib, which ends the process when the server does, and not through xwd, which repaints a screen of several
visuals by a guess of its own.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ._pictures import Picture


@dataclass(frozen=True, slots=True)
class XPointer:
    """The pointer of an X server.

    Attributes:
        pixels: (height, width, 4) uint8: blue, green, red and alpha, the colours premultiplied.
    """

    place: tuple[int, int]
    hot_spot: tuple[int, int]
    pixels: NDArray[np.uint8]


def screen_picture(display: str) -> Picture:
    """Return the screen of a local display such as `:7`; raise `OSError` if there is none."""
    with connected(display) as (server, answers, setup):
        root, width, height = first_screen(setup)
        server.sendall(
            struct.pack("<BBHIhhHHI", GET_IMAGE, Z_PIXMAP, 5, root, 0, 0, width, height, ALL_PLANES)
        )
        head, data = answer(answers)
    if head[1] != 24:
        raise OSError(f"X server {display} gave no picture of depth 24")
    # Depth 24 comes as 32 bits a pixel: blue, green, red and a byte without meaning.
    pixels = np.frombuffer(data, np.uint8, 4 * width * height).reshape(height, width, 4)
    return np.ascontiguousarray(pixels[:, :, 2::-1])


def pointer(display: str) -> XPointer:
    """Return the pointer of a local display, as it is shown now."""
    with connected(display) as (server, answers, _setup):
        server.sendall(struct.pack("<BxHH2x6s2x", QUERY_EXTENSION, 4, 6, b"XFIXES"))
        head, _ = answer(answers)
        xfixes = head[9]
        # Whoever does not say which version it speaks is not answered.
        server.sendall(struct.pack("<BBHII", xfixes, QUERY_VERSION, 3, 5, 0))
        answer(answers)
        server.sendall(struct.pack("<BBH", xfixes, GET_CURSOR_IMAGE, 1))
        head, data = answer(answers)
    x, y, width, height, hot_x, hot_y = struct.unpack_from("<hhHHHH", head, 8)
    pixels = np.frombuffer(data, np.uint8, 4 * width * height).reshape(height, width, 4)
    return XPointer((x, y), (hot_x, hot_y), pixels)


@contextmanager
def connected(display: str) -> Iterator[tuple[socket.socket, BinaryIO, bytes]]:
    """Connect to a local display for a block: the socket, its answers, and what it said first."""
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(20)
        server.connect(f"/tmp/.X11-unix/X{display.removeprefix(':')}")
        with server.makefile("rb") as answers:
            # Little endian, protocol 11.0, no authorisation.
            server.sendall(struct.pack("<BxHHHH2x", ord("l"), 11, 0, 0, 0))
            status, length = struct.unpack("<BxHHH", answers.read(8))[0::3]
            body = answers.read(4 * length)
            if status != 1:
                raise OSError(f"X server {display} refused the connection: {body!r}")
            yield server, answers, body


def answer(answers: BinaryIO) -> tuple[bytes, bytes]:
    """Return the 32 bytes that every answer begins with, and the rest; raise `OSError` for an error."""
    head = answers.read(32)
    if head[0] != 1:
        raise OSError(f"the X server says error {head[1]}")
    (length,) = struct.unpack_from("<I", head, 4)
    return head, answers.read(4 * length)


def first_screen(setup: bytes) -> tuple[int, int, int]:
    """Return root window, width and height from the body of the server's first answer."""
    (vendor_length,) = struct.unpack_from("<H", setup, 16)
    formats = setup[21]
    screen = 32 + (vendor_length + 3) // 4 * 4 + 8 * formats
    (root,) = struct.unpack_from("<I", setup, screen)
    width, height = struct.unpack_from("<HH", setup, screen + 20)
    return root, width, height


GET_IMAGE = 73
QUERY_EXTENSION = 98
QUERY_VERSION, GET_CURSOR_IMAGE = 0, 4
Z_PIXMAP = 2
ALL_PLANES = 0xFFFFFFFF

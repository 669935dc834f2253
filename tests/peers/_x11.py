"""Two requests of the X11 protocol: enough to ask an X server for what is on its screen.

Not through Xlib, which ends the process when the server does, and not through xwd, which repaints a screen of several
visuals by a guess of its own.
"""

from __future__ import annotations

import socket
import struct

import numpy as np

from ._pictures import Picture


def screen_picture(display: str) -> Picture:
    """Return the screen of a local display such as `:7`; raise `OSError` if there is none."""
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
            root, width, height = first_screen(body)
            server.sendall(
                struct.pack("<BBHIhhHHI", GET_IMAGE, Z_PIXMAP, 5, root, 0, 0, width, height, ALL_PLANES)
            )
            kind, depth, length = struct.unpack("<BBxxI24x", answers.read(32))
            if kind != 1 or depth != 24:
                raise OSError(f"X server {display} gave no picture of depth 24")
            data = answers.read(4 * length)
    # Depth 24 comes as 32 bits a pixel: blue, green, red and a byte without meaning.
    pixels = np.frombuffer(data, np.uint8, 4 * width * height).reshape(height, width, 4)
    return np.ascontiguousarray(pixels[:, :, 2::-1])


def first_screen(setup: bytes) -> tuple[int, int, int]:
    """Return root window, width and height from the body of the server's first answer."""
    (vendor_length,) = struct.unpack_from("<H", setup, 16)
    formats = setup[21]
    screen = 32 + (vendor_length + 3) // 4 * 4 + 8 * formats
    (root,) = struct.unpack_from("<I", setup, screen)
    width, height = struct.unpack_from("<HH", setup, screen + 20)
    return root, width, height


GET_IMAGE = 73
Z_PIXMAP = 2
ALL_PLANES = 0xFFFFFFFF

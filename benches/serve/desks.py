"""VNC servers with a page on their screen: TigerVNC, which is an X server itself, and x11vnc before Xvfb."""

from __future__ import annotations

import struct
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from serve import sequences

from tests.peers._process import free_port
from tests.peers.xvfb import XServer

HEIGHT, WIDTH, _ = sequences.SHAPE
ASYNCVNC = "asyncvnc==1.3.0"


class TigerVnc(XServer):
    """Xvnc of TigerVNC, showing the page."""

    def __init__(self) -> None:
        super().__init__("xvnc")
        self.port = free_port()
        security = ["-SecurityTypes", "None", "-localhost", "-rfbport", str(self.port)]
        self.start_server(["Xvnc", "-geometry", f"{WIDTH}x{HEIGHT}", "-depth", "24", *security])
        show_page(self)


class X11Vnc(XServer):
    """x11vnc before an Xvfb that shows the page."""

    def __init__(self) -> None:
        super().__init__("x11vnc")
        self.port = free_port()
        self.start_server(["Xvfb", "-screen", "0", f"{WIDTH}x{HEIGHT}x24"])
        show_page(self)
        options = ["-rfbport", str(self.port), "-localhost", "-nopw", "-forever", "-shared", "-quiet"]
        self.start(["x11vnc", "-display", self.display, *options])
        self.wait_listening(self.port)


def show_page(server: XServer) -> None:
    """Fill the screen with the first frame of the scrolling page, and wait until it is there."""
    picture = server.directory / "page.xwd"
    picture.write_bytes(xwd(sequences.load(sequences.path("scroll"))[0].tobytes()))
    server.start(["xwud", "-geometry", "+0+0", "-in", str(picture)])
    server.wait_until("the page", lambda: server.ground_truth().max() > 0)
    server.wait_still()


def xwd(pixels: bytes) -> bytes:
    """Return a picture of 32-bit pixels as an X window dump."""
    name = b"page\0"
    head, version, z_pixmap, lsb_first, unit, msb_first = 100 + len(name), 7, 2, 0, 32, 1
    fields = [head, version, z_pixmap, 24, WIDTH, HEIGHT, 0, lsb_first, unit, msb_first, 32, 32]
    fields += [WIDTH * 4, 4, 0xFF0000, 0xFF00, 0xFF, 8, 256, 0, WIDTH, HEIGHT, 0, 0, 0]
    return struct.pack(">25I", *fields) + name + pixels


def environment(directory: Path) -> str:
    """Return the Python of an environment that has asyncvnc, which is made if it is not there."""
    python = directory / "bin" / "python"
    if not python.exists():
        venv.create(directory, with_pip=True)
    subprocess.run([python, "-m", "pip", "--quiet", "install", ASYNCVNC], check=True, stdout=sys.stderr)
    return str(python)


def first_pictures(python: str, server: XServer, count: int) -> Sequence[float]:
    """Return the milliseconds that asyncvnc needed for each of some first pictures."""
    import json

    assert isinstance(server, TigerVnc | X11Vnc)
    script = Path(__file__).with_name("vnc.py")
    told = subprocess.check_output([python, str(script), str(server.port), str(count)], text=True)
    times: list[float] = json.loads(told)
    return times

"""The viewers that people use, spicy and remote-viewer, filling an X screen of their own: what they show, and what is typed into them.

usage: python -m tests.peers.viewer remote-viewer|spicy spice://127.0.0.1:5900 [--size 1024x768] [--hold 60] [--out FILE.png]
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from ._pictures import Picture, wait_equal
from ._process import PeerFailed
from .xvfb import Xvfb

PROGRAMS = ("remote-viewer", "spicy")


class Viewer(Xvfb):
    """An X screen, a window manager, and a viewer that fills the screen without any decoration of its own.

    A display of the screen's size is shown pixel for pixel, and a place on the screen is a place on the display.

    Arguments:
        program: one of `PROGRAMS`.
        address: `spice://HOST:PORT`, `spice+unix:///PATH`, or for remote-viewer the path of a connection file.
        compression: what the viewer asks the server for: auto-glz, auto-lz, quic, glz, lz, lz4, off.
        size: of the X screen.
        full: whether the viewer fills it; a window of its own otherwise.
    """

    def __init__(
        self,
        program: str,
        address: str,
        *,
        password: str | None = None,
        compression: str | None = None,
        size: tuple[int, int] = (1024, 768),
        full: bool = True,
    ) -> None:
        super().__init__(size)
        options = ["--spice-disable-audio", "--spice-disable-usbredir"]
        options += [f"--spice-preferred-compression={compression}"] if compression else []
        if password is not None:
            address += f"?password={quote(password, safe='')}"
        where = {
            "remote-viewer": ["--kiosk", "--kiosk-quit=on-disconnect"] * full + [address],
            "spicy": ["-f"] * full + [f"--uri={address}"],
        }
        try:
            self.start(["openbox"])
            self.wait_until("the window manager", self._is_managed)
            self._program = self.start([program, *options, *where[program]])
        except BaseException:
            self.stop()
            raise

    def wait_window(self) -> None:
        """Wait until the viewer has a window that can be seen."""
        self.wait_until("the viewer's window", lambda: bool(self.windows()))

    def has_ended(self) -> bool:
        """Tell whether the viewer has noticed that the session is over: it has gone, or shows something else than the display."""
        return self._program.poll() is not None or any("Error" in title for title in self.windows())

    def windows(self) -> list[str]:
        """Return the titles of the windows that can be seen."""
        search = ["xdotool", "search", "--onlyvisible", "--name", ".", "getwindowname", "%@"]
        done = subprocess.run(search, stdin=subprocess.DEVNULL, capture_output=True, env=self.env, timeout=20)
        return done.stdout.decode(errors="replace").splitlines() if done.returncode == 0 else []

    def put_window(self, title: str, left: int, top: int) -> None:
        """Move the window whose title has a text in it."""
        self.run(
            [
                "xdotool",
                "search",
                "--onlyvisible",
                "--name",
                re.escape(title),
                "windowmove",
                str(left),
                str(top),
            ]
        )

    def wait_shows(self, truth: Picture, *, timeout: float = 30) -> None:
        """Wait until the screen is that picture, pixel for pixel."""
        wait_equal(self, self.ground_truth, truth, timeout=timeout)

    def find(self, part: Picture) -> tuple[int, int] | None:
        """Return where on the screen a picture is, None if it is nowhere; for viewers in a window."""
        screen, wanted = packed(self.ground_truth()), packed(part)
        height, width = wanted.shape
        if height > screen.shape[0] or width > screen.shape[1]:
            return None
        # The corners narrow it down to a few places, most often to one.
        fits = screen[: screen.shape[0] - height + 1, : screen.shape[1] - width + 1] == wanted[0, 0]
        for y, x in ((height - 1, width - 1), (0, width - 1), (height - 1, 0), (height // 2, width // 2)):
            fits &= screen[y : y + fits.shape[0], x : x + fits.shape[1]] == wanted[y, x]
        for top, left in np.argwhere(fits):
            if np.array_equal(screen[top : top + height, left : left + width], wanted):
                return int(left), int(top)
        return None

    # What its user does, through XTEST.

    def press(self, *keys: str) -> None:
        """Press and release keys by their X names, as `a`, `Up`, `ctrl+alt+F2`."""
        self.run(["xdotool", "key", "--clearmodifiers", *keys])

    def type(self, text: str) -> None:
        """Type a text, at the pace of a machine."""
        self.run(["xdotool", "type", "--delay", "20", text])

    def move(self, x: int, y: int) -> None:
        """Put the pointer on a place of the screen."""
        self.run(["xdotool", "mousemove", str(x), str(y)])

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Press and release a button at a place: 1 left, 2 middle, 3 right, 4 and 5 the wheel."""
        self.run(["xdotool", "mousemove", str(x), str(y), "click", str(button)])

    def _is_managed(self) -> bool:
        return b"window id" in self.run(["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"])


def packed(picture: Picture) -> NDArray[np.uint32]:
    """Return each pixel as one number."""
    return np.asarray(picture.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32))


def spicy_screenshot(address: str, *, password: str | None = None, timeout: float = 30) -> Picture:
    """Return what the program spicy-screenshot sees: the first complete picture."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory, "picture.ppm")
        command = ["spicy-screenshot", f"--uri={address}", f"--out-file={out}"]
        command += [f"--password={password}"] if password else []
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        if not out.exists():
            raise PeerFailed(f"spicy-screenshot saw nothing: {done.stdout.decode()} {done.stderr.decode()}")
        head = re.match(rb"P6\s(\d+)\s(\d+)\s255\s", data := out.read_bytes())
    assert head, data[:40]
    width, height = int(head[1]), int(head[2])
    return np.frombuffer(data, np.uint8, 3 * width * height, head.end()).reshape(height, width, 3)


def main() -> None:
    """Start one, print its display, keep it."""
    from PIL import Image

    from ._command import parser, stay

    arguments = parser(__doc__)
    arguments.add_argument("program", choices=PROGRAMS)
    arguments.add_argument("address")
    arguments.add_argument("--size", default="1024x768")
    arguments.add_argument("--out", help="where a picture of the X screen goes, as PNG, at the end")
    options = arguments.parse_args()
    width, height = map(int, options.size.split("x"))

    def look(viewer: Viewer) -> None:
        viewer.wait_window()
        picture = viewer.wait_still()
        if options.out:
            Image.fromarray(picture).save(options.out)

    stay(
        lambda: Viewer(options.program, options.address, size=(width, height)),
        options.hold,
        lambda viewer: {"display": viewer.display, "windows": viewer.windows()},
        look,
    )


if __name__ == "__main__":
    main()

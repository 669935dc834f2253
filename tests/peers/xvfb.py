"""X servers: what Xspice and Xvfb have in common, and Xvfb.

usage: python -m tests.peers.xvfb [--size 1280x1024] [--hold SECONDS]
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Sequence

import numpy as np

from ._pictures import Picture
from ._process import Peer, PeerFailed
from ._x11 import screen_picture


class XServer(Peer):
    """An X server with a display number of its own choice, and programs that draw on it."""

    display: str

    def start_server(self, argv: Sequence[str], *, timeout: float = 30) -> None:
        """Start the server; it picks a free display and says so when it is ready for clients."""
        reader, writer = os.pipe()
        try:
            self.start([*argv, "-displayfd", str(writer), "-noreset", "-nolisten", "tcp"], pass_fds=[writer])
        finally:
            os.close(writer)
        with os.fdopen(reader, "rb") as said:
            if not select.select([said], [], [], timeout)[0]:
                raise PeerFailed(f"{argv[0]} did not start in {timeout:g} s\n{self.log_tail()}")
            number = said.readline().decode().strip()
        if not number:
            raise PeerFailed(f"{argv[0]} died at its start\n{self.log_tail()}")
        self.display = f":{number}"
        self.env |= {
            "DISPLAY": self.display,
            # Without a cursor theme X programs use core cursors, which Xspice paints into the frame.
            "XCURSOR_THEME": "DMZ-White",
            "XCURSOR_SIZE": "24",
            "GDK_BACKEND": "x11",
            "GSETTINGS_BACKEND": "memory",
            "NO_AT_BRIDGE": "1",
        }

    def ground_truth(self) -> Picture:
        """Return what the X server itself says is on the screen, without the pointer."""
        return screen_picture(self.display)

    def wait_still(self, *, quiet: float = 0.6, timeout: float = 60) -> Picture:
        """Wait until the screen has not changed for `quiet` seconds, and return it."""
        last, since = self.ground_truth(), time.monotonic()
        deadline = since + timeout
        while time.monotonic() - since < quiet:
            time.sleep(0.1)
            now = self.ground_truth()
            if not np.array_equal(now, last):
                last, since = now, time.monotonic()
            if time.monotonic() > deadline:
                raise PeerFailed(f"the screen of {self.display} was never still for {quiet:g} s")
        return last


class Xvfb(XServer):
    """An X server in memory, for reference clients that want a window."""

    def __init__(self, size: tuple[int, int] = (1280, 1024)) -> None:
        super().__init__("xvfb")
        try:
            self.start_server(["Xvfb", "-screen", "0", f"{size[0]}x{size[1]}x24"])
        except BaseException:
            self.stop()
            raise


def main() -> None:
    """Start one, print its display, keep it."""
    from ._command import parser, stay

    arguments = parser(__doc__)
    arguments.add_argument("--size", default="1280x1024")
    options = arguments.parse_args()
    width, height = map(int, options.size.split("x"))
    stay(lambda: Xvfb((width, height)), options.hold, lambda peer: {"display": peer.display})


if __name__ == "__main__":
    main()

"""X servers: what Xspice and Xvfb have in common, and Xvfb.

usage: python -m tests.peers.xvfb [--size 1280x1024] [--hold SECONDS]
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ._pictures import Picture
from ._process import Peer, PeerFailed
from ._x11 import XPointer, pointer, screen_picture

INPUT_WATCH = Path(__file__).with_name("inputwatch.py")


class XServer(Peer):
    """An X server with a display number of its own choice, and programs that draw on it.

    Attributes:
        server: the server's own process.
    """

    display: str
    server: subprocess.Popen[bytes]

    def start_server(self, argv: Sequence[str], *, timeout: float = 30) -> None:
        """Start the server; it picks a free display and says so when it is ready for clients."""
        reader, writer = os.pipe()
        try:
            self.server = self.start(
                [*argv, "-displayfd", str(writer), "-noreset", "-nolisten", "tcp"], pass_fds=[writer]
            )
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

    def pointer(self) -> XPointer:
        """Return the pointer as the X server shows it."""
        return pointer(self.display)

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

    def watch_input(self) -> None:
        """Cover the screen with a window that notes every key, button and motion; `input_events` returns them."""
        self.start(["/usr/bin/python3", str(INPUT_WATCH), str(self.directory / "input")])
        self.wait_until(
            "the input window", lambda: any(event["event"] == "ready" for event in self.input_events())
        )

    def input_events(self, *kinds: str) -> list[dict[str, Any]]:
        """Return what the window of `watch_input` has noted so far, of some kinds or all."""
        file = self.directory / "input"
        text = file.read_text() if file.exists() else ""
        # The last line may be half written.
        lines = text[: text.rfind("\n") + 1].splitlines()
        events = [json.loads(line) for line in lines]
        return [event for event in events if not kinds or event["event"] in kinds]


class Xvfb(XServer):
    """An X server in memory: a desktop without a screen, and a place for reference clients that want a window.

    Arguments:
        depth: bits of a pixel that mean something.
        options: further ones of its command line.
    """

    def __init__(
        self, size: tuple[int, int] = (1280, 1024), *, depth: int = 24, options: Sequence[str] = ()
    ) -> None:
        super().__init__("xvfb")
        try:
            self.start_server(["Xvfb", "-screen", "0", f"{size[0]}x{size[1]}x{depth}", *options])
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

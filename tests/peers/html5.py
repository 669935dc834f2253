"""spice-html5 in a real browser: what its canvas shows, and what reaches a server from it.

usage: python -m tests.peers.html5 PORT [--password P] [--out FILE.png]

The page is served from this machine; the SPICE server has to speak WebSocket on its port.
"""

from __future__ import annotations

import argparse
import base64
import functools
import http.server
import io
import math
import ssl
import threading
import time
from urllib.parse import urlencode

import numpy as np
from PIL import Image

from ._devtools import Browser
from ._pictures import Picture, wait_equal
from .x509 import Certificates

PAGES = "/usr/share/spice-html5"

# Counts what the client draws, and when it last did: the client itself keeps that to itself.
COUNT = """
window.questions = []; window.prompt = question => { window.questions.push(question); return null; };
window.draws = 0; window.lastDraw = performance.now();
for (const name of ["putImageData", "drawImage", "fillRect"]) {
    const original = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...args) {
        window.draws++; window.lastDraw = performance.now();
        return original.apply(this, args);
    };
}
"""
CANVAS = "document.querySelector('#spice-screen canvas')"
NEVER_DRAWN = (255, 0, 255, 255)
BUTTONS = {1: "left", 2: "middle", 3: "right"}


class Html5(Browser):
    """A browser whose page is spice-html5, connected to a server on the loopback.

    Arguments:
        port: where the server takes WebSockets.
        room: width and height of the page; the display has to fit, for places are not scrolled to.
        site: the host that the page seems to be from; the browser is told to find it on this machine.
        tls: certificate and key of the page, which then uses a WebSocket inside of TLS.
        keys: digests of public keys, in base64 (SHA-256), that the browser takes whoever has vouched for them.
    """

    def __init__(
        self,
        port: int,
        *,
        password: str = "",
        room: tuple[int, int] = (1600, 1300),
        site: str = "127.0.0.1",
        tls: Certificates | None = None,
        keys: tuple[str, ...] = (),
    ) -> None:
        handler = functools.partial(Quiet, directory=PAGES)
        self._pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if tls is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(tls.certificate, tls.key)
            self._pages.socket = context.wrap_socket(
                self._pages.socket, server_side=True, do_handshake_on_connect=False
            )
        self._serving = threading.Thread(target=self._pages.serve_forever, kwargs={"poll_interval": 0.05})
        self._serving.start()
        known = [f"--ignore-certificate-errors-spki-list={','.join(keys)}"] if keys else []
        super().__init__(f"--host-resolver-rules=MAP {site} 127.0.0.1", *known)
        query = urlencode({"host": "127.0.0.1", "port": port, "password": password})
        try:
            width, height = room
            self.call(
                "Emulation.setDeviceMetricsOverride",
                width=width,
                height=height,
                deviceScaleFactor=1,
                mobile=False,
            )
            scheme = "http" if tls is None else "https"
            self.open(f"{scheme}://{site}:{self._pages.server_port}/spice_auto.html?{query}", first=COUNT)
        except BaseException:
            self.stop()
            raise

    # What it shows.

    def size(self) -> tuple[int, int] | None:
        """Return width and height of the display, None while there is none."""
        found = self.evaluate(f"(c => c && [c.width, c.height])({CANVAS})")
        return (found[0], found[1]) if found else None

    def wait_shown(self) -> None:
        """Wait until there is a display and something is drawn on it."""
        self.wait_until("spice-html5's display", lambda: bool(self.size()) and self.evaluate("draws") > 0)

    def wait_still(self, *, quiet: float = 0.5, timeout: float = 30) -> None:
        """Wait until nothing has been drawn for `quiet` seconds."""
        self.wait_until(
            "a still canvas",
            lambda: self.evaluate("performance.now() - lastDraw") > quiet * 1000,
            timeout=timeout,
        )

    def wait_shows(self, truth: Picture, *, timeout: float = 90) -> None:
        """Wait until the canvas is that picture, pixel for pixel."""
        wait_equal(self, self.picture, truth, timeout=timeout)

    def picture(self) -> Picture | None:
        """Return what the canvas shows, None while there is none; what was never drawn is magenta."""
        url = self.evaluate(f"(c => c && c.toDataURL('image/png'))({CANVAS})")
        if not url:
            return None
        pixels = np.array(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA"))
        pixels[pixels[:, :, 3] != 255] = NEVER_DRAWN
        return np.ascontiguousarray(pixels[:, :, :3])

    def log_tail(self, lines: int = 15) -> str:
        """Return what the client complains about, and the end of the browser's log."""
        return "\n".join([*self.complaints()[-lines:], super().log_tail(lines)])

    def cursor(self) -> str:
        """Return the pointer's shape as the style sheet has it."""
        return str(self.evaluate("document.getElementById('spice-screen').style.cursor"))

    def questions(self) -> list[str]:
        """Return what the page has asked its user."""
        return list(self.evaluate("questions"))

    def has_ended(self) -> bool:
        """Tell whether the client has noticed that the session is over."""
        return any("Unexpected close" in line for line in self.console())

    def complaints(self) -> list[str]:
        """Return what the client says that it cannot do, and its errors; not what it announces to ignore always."""
        said = self.evaluate("(d => d ? d.textContent : '')(document.getElementById('message-div'))")
        lines = [*said.splitlines(), *self.console()]
        return [line for line in lines if "FIXME" in line or "Error" in line or "not implemented" in line]

    # What its user does.

    def key(self, name: str, code: int, *, down: bool, modifiers: int = 0) -> None:
        """Press or release a key.

        Arguments:
            name: as `KeyboardEvent.key`.
            code: as `KeyboardEvent.keyCode`, which is what the client looks at.
        """
        self.call(
            "Input.dispatchKeyEvent",
            type="rawKeyDown" if down else "keyUp",
            key=name,
            windowsVirtualKeyCode=code,
            modifiers=modifiers,
        )

    def press(self, name: str, code: int) -> None:
        """Press and release a key."""
        self.key(name, code, down=True)
        self.key(name, code, down=False)

    def move(self, x: int, y: int) -> None:
        """Put the pointer on a place of the display."""
        self._mouse("mouseMoved", x, y)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Press and release a button at a place: 1 left, 2 middle, 3 right."""
        # The client sends places with motions only.
        self.move(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self._mouse(kind, x, y, button=BUTTONS[button], clickCount=1)

    def scroll(self, x: int, y: int, *, down: bool) -> None:
        """Turn the wheel by a notch at a place."""
        self.move(x, y)
        self._mouse("mouseWheel", x, y, deltaX=0, deltaY=100 if down else -100)

    def stop(self) -> None:
        """End the browser, and the page's server."""
        super().stop()
        self._pages.shutdown()
        self._serving.join()
        self._pages.server_close()

    def _mouse(self, kind: str, x: int, y: int, **more: object) -> None:
        # The canvas has a border around its pixels.
        corner = (
            f"(c => (b => [b.left + c.clientLeft, b.top + c.clientTop])(c.getBoundingClientRect()))({CANVAS})"
        )
        left, top = self.evaluate(corner)
        self.call("Input.dispatchMouseEvent", type=kind, x=math.ceil(left) + x, y=math.ceil(top) + y, **more)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without talking about it."""

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


def main() -> None:
    """Show a server, and save its picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("port", type=int)
    parser.add_argument("--password", default="")
    parser.add_argument("--out", help="where the picture goes, as PNG")
    options = parser.parse_args()
    started = time.monotonic()
    with Html5(options.port, password=options.password) as browser:
        browser.wait_shown()
        browser.wait_still()
        picture = browser.picture()
        assert picture is not None
        print(f"{picture.shape[1]}x{picture.shape[0]} after {time.monotonic() - started:.1f} s")
        print(*browser.complaints(), sep="\n")
        if options.out:
            Image.fromarray(picture).save(options.out)


if __name__ == "__main__":
    main()

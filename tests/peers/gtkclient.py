"""spice-gtk as a client that does what a test tells it: what it shows, and what reaches the server from it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ._pictures import Picture, wait_equal
from ._process import Peer, PeerFailed

DRIVER = Path(__file__).with_name("gtkdriver.py")

CLIENT, SERVER = 2, 1
"""Mouse modes: the client's pointer is the pointer, or the server moves it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A cursor's shape.

    Attributes:
        pixels: (height, width, 4) uint8: red, green, blue, alpha.
    """

    hot_spot: tuple[int, int]
    pixels: np.ndarray[Any, np.dtype[np.uint8]]


class GtkClient(Peer):
    """A session of spice-gtk, driven by commands; `gtkdriver.py` is the program.

    Arguments:
        address: `spice://HOST:PORT`, `spice://HOST?port=PORT&tls-port=PORT` or `spice+unix:///PATH`.
        ca: file with the authority that it believes.
        subject: the host-subject that it looks for; without, it is the host's name.
        secure: channels that go inside of TLS at once, or `all`; without, it goes there when it is told to.
        user: for servers where clients log in by SASL.
        environment: of the process, as for Kerberos.
        compression: what to ask the server for as soon as a display opens; see `spicegtk.COMPRESSIONS`.
    """

    def __init__(
        self,
        address: str,
        *,
        ca: Path | None = None,
        subject: str | None = None,
        secure: str | None = None,
        user: str | None = None,
        password: str | None = None,
        compression: str | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        super().__init__("gtk")
        self.env |= environment or {}
        command = ["/usr/bin/python3", str(DRIVER), address]
        command += ["--ca", str(ca)] if ca else []
        command += ["--subject", subject] if subject else []
        command += ["--secure", secure] if secure else []
        command += ["--user", user] if user else []
        command += ["--password", password] if password else []
        command += ["--compression", compression] if compression else []
        try:
            self._program = self.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The process, for who wants to stop it for a while."""
        return self._program.pid

    def errors(self) -> list[str]:
        """Return the channels that have ended, with the library's word for why, as `main: error-tls`."""
        return list(self._ask("state")["errors"])

    def has_ended(self) -> bool:
        """Tell whether the session is over."""
        return any(error.startswith("main: ") for error in self._ask("state")["errors"])

    # What it shows.

    def state(self) -> dict[str, Any]:
        """Return what the session looks like; see `Driver.do_state`.

        Raises:
            PeerFailed: a channel has ended, or could not be opened.
        """
        state = self._ask("state")
        if state["errors"]:
            raise PeerFailed(f"spice-gtk: {', '.join(state['errors'])}\n{self.log_tail()}")
        return state

    def wait_ready(self, displays: int = 1) -> None:
        """Wait until inputs and so many displays are open and have a picture."""
        self.wait_until("spice-gtk's displays", lambda: self._is_ready(displays))

    def wait_still(self, *, quiet: float = 0.5, timeout: float = 30) -> None:
        """Wait until the picture has not changed for `quiet` seconds."""
        self.wait_until("a still picture", lambda: self.state()["still"] > quiet, timeout=timeout)

    def wait_shows(self, truth: Picture, display: int = 0, *, timeout: float = 30) -> None:
        """Wait until a display is that picture, pixel for pixel."""
        wait_equal(self, lambda: self._picture(display), truth, timeout=timeout)

    def picture(self, display: int = 0) -> Picture:
        """Return what a display shows now; raise `PeerFailed` while it has no picture."""
        picture = self._picture(display)
        if picture is None:
            raise PeerFailed(f"spice-gtk: display {display} has no picture")
        return picture

    def _picture(self, display: int) -> Picture | None:
        # One question, not two: while a size changes there is no picture for a moment.
        path = self.directory / "picture"
        said = self._ask("picture", display, str(path))
        if said["size"] is None:
            return None
        width, height = said["size"]
        rows = np.frombuffer(path.read_bytes(), np.uint8).reshape(height, said["stride"])
        pixels = rows[:, : 4 * width].reshape(height, width, 4)
        return np.ascontiguousarray(pixels[:, :, 2::-1])

    def size(self, display: int = 0) -> tuple[int, int] | None:
        """Return width and height of a display, None while it has no picture."""
        found = self.state()["displays"].get(str(display))
        return (found[0], found[1]) if found else None

    def cursor(self, display: int = 0) -> Shape | None:
        """Return the cursor's shape, None while there is none or it is hidden."""
        said = self._ask("cursor", display)["cursor"]
        if said is None:
            return None
        width, height = said["size"]
        pixels = np.frombuffer(bytes.fromhex(said["rgba"]), np.uint8).reshape(height, width, 4)
        return Shape((said["hot"][0], said["hot"][1]), pixels)

    def cursor_place(self, display: int = 0) -> tuple[int, int] | None:
        """Return where the server has moved the pointer to, None while it has not."""
        place = self._ask("cursor", display)["place"]
        return (place[0], place[1]) if place else None

    # What its user does.

    def key(self, code: int, *, down: bool) -> None:
        """Press or release a key by its scan code, with 0x100 added where it has the prefix 0xe0."""
        self._ask("key", code, down)

    def press(self, code: int) -> None:
        """Press and release a key."""
        self.key(code, down=True)
        self.key(code, down=False)

    def move(self, x: int, y: int, display: int = 0) -> None:
        """Put the pointer on a place; needs mouse mode CLIENT."""
        self._ask("move", x, y, display)

    def move_by(self, dx: int, dy: int) -> None:
        """Move the mouse; needs mouse mode SERVER."""
        self._ask("move_by", dx, dy)

    def button(self, number: int, *, down: bool) -> None:
        """Press or release a button: 1 left, 2 middle, 3 right, 4 and 5 the wheel, 6 and 7 the side."""
        self._ask("button", number, down)

    def click(self, number: int = 1) -> None:
        """Press and release a button; the wheel's are a notch."""
        self.button(number, down=True)
        self.button(number, down=False)

    def locks(self, locks: int) -> None:
        """Tell the server the lock lights."""
        self._ask("locks", locks)

    def ask_mouse_mode(self, mode: int) -> None:
        """Ask the server for a mouse mode."""
        self._ask("mouse_mode", mode)

    def prefer(self, compression: str) -> None:
        """Ask the server for another compression, on all displays."""
        self._ask("compression", compression)

    def disconnect(self) -> None:
        """End the session."""
        self._ask("disconnect")

    def _is_ready(self, displays: int) -> bool:
        state = self.state()
        return len(state["displays"]) >= displays and "inputs 0" in state["open"]

    def _ask(self, command: str, *arguments: object) -> dict[str, Any]:
        program = self._program
        assert program.stdin and program.stdout
        try:
            program.stdin.write(json.dumps([command, *arguments]).encode() + b"\n")
            program.stdin.flush()
            line = program.stdout.readline()
        except OSError:
            line = b""
        if not line:
            raise PeerFailed(f"spice-gtk has ended\n{self.log_tail()}")
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise PeerFailed(f"spice-gtk: {command}: {answer['failed']}")
        return answer

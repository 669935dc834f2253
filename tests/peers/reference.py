"""What the reference client shows, and what it costs, for comparison."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ._pictures import Picture
from ._process import PeerFailed

SCRIPT = Path(__file__).with_name("spicegtk.py")


@dataclass(frozen=True, slots=True)
class Reference:
    """What spice-gtk saw: the last picture, and the figures that spicegtk.py explains."""

    picture: Picture
    first: float
    updates: int
    cpu: float
    bytes: int


def reference(
    address: str,
    *,
    password: str | None = None,
    compression: str | None = None,
    display: int = 0,
    quiet: float = 0.7,
    seconds: float | None = None,
    timeout: float = 60,
) -> Reference:
    """Connect spice-gtk, wait until the picture is quiet (or `seconds` after the first pixels), and return what it saw."""
    options = {"password": password, "compression": compression, "seconds": seconds}
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory, "picture")
        command = ["/usr/bin/python3", str(SCRIPT), address, "--out", str(out), "--display", str(display)]
        command += ["--quiet", str(quiet), "--timeout", str(timeout)]
        command += [
            word for name, value in options.items() if value is not None for word in (f"--{name}", str(value))
        ]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout + 20)
        if done.returncode or not out.exists():
            raise PeerFailed(
                f"the reference client saw nothing: {done.stdout.decode()} {done.stderr.decode()}"
            )
        size, rows = out.read_bytes().split(b"\n", 1)
    width, height = map(int, size.split())
    said = json.loads(done.stdout)
    picture = np.frombuffer(rows, np.uint8).reshape(height, width, 3)
    return Reference(picture, said["first"], said["updates"], said["cpu"], said["bytes"])

"""Sequences of whole frames for both servers to play: made once, kept as raw files under target/bench.

`scroll` and `drag` are a page that scrolls and a window that is dragged. In `scroll-whole` and `drag-whole` every second
frame is one shade darker, so that each pixel differs from the frame before, and no server finds anything in it that has
only moved: what is measured is coding and sending a whole frame. To a coder that remembers several frames they look as
the plain ones do, because the frame before the last has the same shade.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pictures

BUILT = Path(__file__).resolve().parents[2] / "target" / "bench"
FRAMES = 16
SHAPE = (pictures.HEIGHT, pictures.WIDTH, 4)


def path(name: str) -> Path:
    """Return the file that holds a sequence, which is made if it is not there."""
    file = BUILT / f"{name}.raw"
    if not file.exists():
        BUILT.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_bytes(b"".join(frame.tobytes() for frame in MAKERS[name]()))
        draft.rename(file)
    return file


def load(file: Path) -> list[np.ndarray]:
    """Return the frames in a file. They share its pages with everybody who has loaded it."""
    pixels = np.memmap(file, np.uint8, mode="r").reshape(-1, *SHAPE)
    pixels.max()  # Otherwise the first round would pay for reading the file.
    return [np.asarray(frame) for frame in pixels]


def shaded(frames: list[np.ndarray]) -> list[np.ndarray]:
    """Return the frames, every second one a shade darker."""
    darker = np.array([1, 1, 1, 0], np.uint8)
    return [np.maximum(frame, darker) - darker * (number % 2) for number, frame in enumerate(frames)]


MAKERS: dict[str, Callable[[], list[np.ndarray]]] = {
    "scroll": lambda: pictures.scroll(FRAMES),
    "drag": lambda: pictures.drag(FRAMES),
    "scroll-whole": lambda: shaded(pictures.scroll(FRAMES)),
    "drag-whole": lambda: shaded(pictures.drag(FRAMES)),
}

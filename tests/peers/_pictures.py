"""Waiting for a picture, and saying how another differs from it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._process import Peer, PeerFailed

Picture = NDArray[np.uint8]
"""(height, width, 3) uint8, red first."""


def wait_equal(
    peer: Peer, look: Callable[[], Picture | None], truth: NDArray[Any], *, timeout: float = 30
) -> None:
    """Wait until what a peer shows is a picture, pixel for pixel.

    Raises:
        PeerFailed: it never was; with the difference, and what the peer says.
    """
    deadline = time.monotonic() + timeout
    shown = look()
    while shown is None or not np.array_equal(shown, truth):
        if time.monotonic() > deadline:
            name = type(peer).__name__
            raise PeerFailed(
                f"{name} after {timeout:g} s: {difference(name, shown, truth)}\n{peer.log_tail()}"
            )
        peer.wait_until("a picture", lambda: True)  # raises if the peer has died
        time.sleep(0.05)
        shown = look()


def difference(what: str, shown: Picture | None, truth: Picture) -> str:
    """Say how many pixels differ and where; with SPICE_RS_KEEP=FOLDER both pictures are kept there."""
    if shown is None:
        return "nothing is shown"
    if shown.shape != truth.shape:
        return f"{shown.shape[1]}x{shown.shape[0]} is shown instead of {truth.shape[1]}x{truth.shape[0]}"
    different = np.any(shown != truth, axis=2)
    if not different.any():
        return "no pixel differs"
    rows, columns = np.nonzero(different)
    place = f"from ({columns.min()}, {rows.min()}) to ({columns.max()}, {rows.max()})"
    most = np.abs(shown.astype(int) - truth).max()
    return f"{different.sum()} pixels differ by up to {most}, {place}{keep(what, shown, truth)}"


def keep(what: str, shown: Picture, truth: Picture) -> str:
    """Write both pictures as PNG into SPICE_RS_KEEP, for whoever looks into a failure."""
    folder = os.environ.get("SPICE_RS_KEEP")
    if not folder:
        return "; SPICE_RS_KEEP=FOLDER keeps both pictures"
    from PIL import Image

    stem = Path(folder) / "".join(c if c.isalnum() else "-" for c in what)
    Image.fromarray(np.ascontiguousarray(shown)).save(f"{stem}.shown.png")
    Image.fromarray(np.ascontiguousarray(truth)).save(f"{stem}.truth.png")
    return f"; see {stem}.*.png"

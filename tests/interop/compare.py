"""Pictures side by side: how many pixels differ, where, and by how much."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import spice_rs

Picture = NDArray[np.uint8]


def colours(frame: spice_rs.Frame) -> Picture:
    """Return the frame as (height, width, 3) uint8, red first, without a copy."""
    return np.asarray(frame)[:, :, 2::-1]


def assert_same(frame: spice_rs.Frame, truth: Picture, *, what: str = "picture") -> None:
    """Fail unless every pixel has the same colour."""
    shown = colours(frame)
    assert shown.shape == truth.shape, what
    different = np.any(shown != truth, axis=2)
    if different.any():
        rows, columns = np.nonzero(different)
        place = f"from ({columns.min()}, {rows.min()}) to ({columns.max()}, {rows.max()})"
        kept = keep(what, shown, truth)
        raise AssertionError(f"{what}: {different.sum()} pixels differ, {place}{kept}")


def assert_similar(frame: spice_rs.Frame, truth: Picture, *, what: str = "picture") -> None:
    """Fail unless the colours are as near as JPEG of quality 85 leaves them: 30 dB, and never another picture."""
    shown = colours(frame)
    assert shown.shape == truth.shape, what
    error = np.mean((shown.astype(np.float64) - truth) ** 2)
    noise = 10 * np.log10(255**2 / error) if error else np.inf
    assert noise >= 30, f"{what}: {noise:.1f} dB{keep(what, shown, truth)}"


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

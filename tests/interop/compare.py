"""Pictures side by side: how many pixels differ, where, and by how much."""

from __future__ import annotations

import numpy as np

import spice_rs
from tests.peers._pictures import Picture, difference, keep


def colours(frame: spice_rs.Frame) -> Picture:
    """Return the frame as (height, width, 3) uint8, red first, without a copy."""
    return np.asarray(frame)[:, :, 2::-1]


def assert_same(frame: spice_rs.Frame, truth: Picture, *, what: str = "picture") -> None:
    """Fail unless every pixel has the same colour."""
    shown = colours(frame)
    assert shown.shape == truth.shape, what
    assert np.array_equal(shown, truth), f"{what}: {difference(what, shown, truth)}"


def assert_similar(frame: spice_rs.Frame, truth: Picture, *, what: str = "picture") -> None:
    """Fail unless the colours are as near as JPEG of quality 85 leaves them: 30 dB, and never another picture."""
    shown = colours(frame)
    assert shown.shape == truth.shape, what
    error = np.mean((shown.astype(np.float64) - truth) ** 2)
    noise = 10 * np.log10(255**2 / error) if error else np.inf
    assert noise >= 30, f"{what}: {noise:.1f} dB{keep(what, shown, truth)}"

"""What `make demo` does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.checkout
ROOT = Path(__file__).parents[1]


def test_the_demo_shows_what_it_serves(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "examples.demo", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("1-desk.png", "2-used.png"):
        assert f"{tmp_path / name}: 1280x800, 0 pixels differ" in done.stdout
    with Image.open(tmp_path / "1-desk.png") as first, Image.open(tmp_path / "2-used.png") as second:
        assert first.size == second.size == (1280, 800)
        changed = np.any(np.asarray(first) != np.asarray(second), axis=2)
    # The window came to the right and down from where it was.
    assert changed[110:420, 170:600].any() and not changed[500:, :300].any()
    assert "the window has 'Hello, SPICE!'" in done.stdout
    assert "image " in done.stdout and "remote-viewer spice://" in done.stdout

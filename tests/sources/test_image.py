from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import trio
from PIL import Image as Pillow

from spice_rs import sources
from spice_rs.errors import MissingExtra, SourceError

from .screen import MemoryScreen

RNG = np.random.default_rng(7)


async def test_a_picture_is_shown_exactly(tmp_path: Path, nursery: trio.Nursery) -> None:
    pixels = RNG.integers(0, 256, (30, 40, 3), np.uint8)
    Pillow.fromarray(pixels).save(tmp_path / "desk.png")
    screen = MemoryScreen()
    async with sources.Image(tmp_path / "desk.png") as source:
        assert source.size == (40, 30)
        nursery.start_soon(source.run, screen)
        await screen.until(lambda: screen.called("update"))
    assert np.array_equal(screen.picture, pixels[:, :, ::-1])
    nursery.cancel_scope.cancel()


async def test_transparency_is_shown_on_black(tmp_path: Path) -> None:
    pixels = np.zeros((2, 1, 4), np.uint8)
    pixels[0] = (200, 100, 50, 128)
    Pillow.fromarray(pixels).save(tmp_path / "soft.png")
    async with sources.Image(tmp_path / "soft.png") as source:
        screen = MemoryScreen()
        with trio.move_on_after(0.05):
            await source.run(screen)
    assert screen.picture.tolist() == [[[25, 50, 100]], [[0, 0, 0]]]


async def test_a_photograph_is_turned_as_its_camera_was_held(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6  # orientation: the row 0 of the file is the right side
    Pillow.new("RGB", (40, 30)).save(tmp_path / "photo.jpg", exif=exif)
    async with sources.Image(tmp_path / "photo.jpg") as source:
        assert source.size == (30, 40)


async def test_files_that_cannot_be_shown(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    Pillow.fromarray(RNG.integers(0, 256, (30, 40, 3), np.uint8)).save(tmp_path / "whole.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "whole.png").read_bytes()[:1500])
    for name, text in (
        ("none.png", "No such file"),
        ("text.png", "no picture that Pillow can read"),
        ("half.png", "truncated"),
        (".", "Is a directory"),
    ):
        with pytest.raises(SourceError, match=text) as caught:
            await sources.Image(tmp_path / name).__aenter__()
        assert caught.value.source == str(tmp_path / name)


async def test_without_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtra, match=r"pip install 'spice-rs\[images\]'"):
        await sources.Image(tmp_path / "x.png").__aenter__()


def test_a_size_before_the_file_was_read() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        _ = sources.Image("x.png").size

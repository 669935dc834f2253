from __future__ import annotations

import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
import trio
from trio.testing import MockClock

from spice_rs import sources
from spice_rs.errors import MissingExtra, SourceError
from spice_rs.server.screen import Pixels
from spice_rs.sources._video import PATIENCE, Picture, play

from .screen import MemoryScreen

RNG = np.random.default_rng(8)
FRAMES = [RNG.integers(0, 256, (24, 32, 3), np.uint8) for _ in range(6)]


def write_film(path: Path, frames: list[Pixels], rate: int) -> None:
    """Write a film without loss."""
    height, width = frames[0].shape[:2]
    with av.open(str(path), "w") as file:
        stream = file.add_stream("ffv1", rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode())


async def test_every_picture_is_shown_exactly_and_in_order(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", FRAMES, 20)
    shown: list[Pixels] = []

    class Watching(MemoryScreen):
        async def update(self, pixels: Pixels, **_: object) -> None:
            await super().update(pixels)
            shown.append(self.picture.copy())

    screen = Watching()
    async with sources.Video(tmp_path / "film.mkv") as source, trio.open_nursery() as nursery:
        assert source.size == (32, 24)
        nursery.start_soon(source.run, screen)
        await screen.until(lambda: len(shown) >= 2 * len(FRAMES))
        nursery.cancel_scope.cancel()
    # A busy machine may leave pictures out, never mix or turn them round.
    numbers = [next(i for i, frame in enumerate(FRAMES) if np.array_equal(frame, each)) for each in shown]
    begun_anew = sum(after <= before for before, after in pairwise(numbers))
    assert 1 <= begun_anew <= len(numbers) // 3
    assert screen.called("resize") == [(0, 0, 32, 24)]


async def test_a_film_that_is_played_once_ends_with_its_last_picture(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", FRAMES[:3], 50)
    screen = MemoryScreen()
    async with sources.Video(tmp_path / "film.mkv", loop=False) as source, trio.open_nursery() as nursery:
        nursery.start_soon(source.run, screen)
        await screen.until(lambda: np.array_equal(screen.picture, FRAMES[2]))
        await screen.pause(0.2)
        nursery.cancel_scope.cancel()
    assert np.array_equal(screen.picture, FRAMES[2])


class Clocked(MemoryScreen):
    """Notes when each picture came, and takes its time for some."""

    def __init__(self, slow: dict[int, float]) -> None:
        super().__init__((32, 24))
        self.slow = slow
        self.shown: list[tuple[int, float]] = []
        self.begun = trio.current_time()

    async def update(self, pixels: Pixels, **_: object) -> None:
        number = int(pixels[0, 0, 0])
        self.shown.append((number, trio.current_time() - self.begun))
        await trio.sleep(self.slow.get(number, 0))


async def played(slow: dict[int, float], length: int = 12) -> list[tuple[int, float]]:
    """Play a film of ten pictures a second to a screen that is slow at some; return what was shown when."""
    screen = Clocked(slow)
    send, receive = trio.open_memory_channel[Picture](length)
    async with send:
        for number in range(length):
            send.send_nowait(Picture(np.full((24, 32, 3), number, np.uint8), number / 10))
    await play(receive, screen)
    return screen.shown


async def test_the_pace_is_that_of_the_film(autojump_clock: MockClock) -> None:
    shown = await played({})
    assert [number for number, _ in shown] == list(range(12))
    assert [time for _, time in shown] == pytest.approx([number / 10 for number in range(12)])


async def test_a_short_delay_is_caught_up_by_leaving_pictures_out(autojump_clock: MockClock) -> None:
    shown = await played({2: 0.45})
    assert [number for number, _ in shown] == [0, 1, 2, 7, 8, 9, 10, 11]
    assert dict(shown)[7] == pytest.approx(0.7)


async def test_after_a_long_delay_the_film_goes_on_where_it_was(autojump_clock: MockClock) -> None:
    shown = await played({2: PATIENCE + 5})
    assert [number for number, _ in shown] == list(range(12))
    assert dict(shown)[4] - dict(shown)[3] == pytest.approx(0.1)


async def test_files_that_cannot_be_played(tmp_path: Path) -> None:
    (tmp_path / "text.mkv").write_text("no film")
    with av.open(str(tmp_path / "sound.mka"), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        sound.sample_rate = 8000
        file.mux(stream.encode(sound))
    for name, text in (
        ("none.mkv", "No such file"),
        ("text.mkv", "no film that FFmpeg can read"),
        ("sound.mka", "no film in it"),
        (".", "."),
    ):
        with pytest.raises(SourceError, match=text) as caught:
            await sources.Video(tmp_path / name).__aenter__()
        assert caught.value.source == str(tmp_path / name)


async def test_without_pyav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r"pip install 'spice-rs\[video\]'") as caught:
        await sources.Video(tmp_path / "x.mkv").__aenter__()
    assert isinstance(caught.value, ImportError)


def test_a_size_before_the_film_was_opened() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        _ = sources.Video("x.mkv").size

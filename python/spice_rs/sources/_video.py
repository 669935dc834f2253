"""A film from a file."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import numpy as np
import trio

from .._groups import plain_errors
from ..errors import SourceError
from ..server.screen import Pixels, Screen
from ._source import Source, need, show

AHEAD = 2
"""Pictures that are decoded before their time. When they are ready, decoding waits."""

PATIENCE = 1.0
"""Seconds that a film may be late before it goes on from where it is. Before that, pictures are left out to catch up."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a film.

    Attributes:
        time: seconds from the film's beginning.
    """

    pixels: Pixels
    time: float


class Video(Source):
    """Plays a film file again and again: whatever FFmpeg reads, without its sound.

    Arguments:
        path: the file.
        loop: whether it begins anew at its end; otherwise its last picture stays.

    Raises:
        MissingExtra: on entering: PyAV is not installed.
        SourceError: on entering: there is no such file, or no film in it.
    """

    def __init__(self, path: str | Path, *, loop: bool = True) -> None:
        self._path = Path(path)
        self._loop = loop
        self._size: tuple[int, int] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the film's pictures."""
        if self._size is None:
            raise RuntimeError("the film has not been opened yet: async with Video(path) as source")
        return self._size

    async def __aenter__(self) -> Self:
        self._size = await trio.to_thread.run_sync(measure, self._path)
        return self

    async def run(self, screen: Screen) -> None:
        """Play until cancelled."""
        send, receive = trio.open_memory_channel[Picture](AHEAD)
        with plain_errors():
            async with trio.open_nursery() as nursery, receive:
                nursery.start_soon(self._decode, send)
                await play(receive, screen)
        await trio.sleep_forever()

    async def _decode(self, send: trio.MemorySendChannel[Picture]) -> None:
        """Decode in worker threads, a picture at a time."""
        begun = 0.0
        async with send:
            while True:
                ended = begun
                with closing(decoded(self._path)) as film:
                    while (step := await trio.to_thread.run_sync(next, film, None)) is not None:
                        picture, ended = step
                        await send.send(Picture(picture.pixels, begun + picture.time))
                        ended += begun
                if not self._loop:
                    return
                begun = ended


async def play(pictures: trio.MemoryReceiveChannel[Picture], screen: Screen) -> None:
    """Show each picture when its time has come."""
    begun: float | None = None
    async for picture in pictures:
        now = trio.current_time()
        begun = now if begun is None else begun
        late = now - begun - picture.time
        if late > PATIENCE:
            begun += late
        elif late > 0 and pictures.statistics().current_buffer_used:
            continue
        await trio.sleep_until(begun + picture.time)
        await show(screen, picture.pixels)


def measure(path: Path) -> tuple[int, int]:
    """Return the size of the first picture, which proves that there is one."""
    with closing(decoded(path)) as film:
        first, _ = next(film)
    height, width = first.pixels.shape[:2]
    return width, height


def decoded(path: Path) -> Generator[tuple[Picture, float]]:
    """Yield each picture with the time at which it ends, in seconds from the film's beginning.

    Raises:
        SourceError: not one could be decoded.
    """
    av = need("av", "video")
    count = 0
    try:
        with av.open(str(path)) as file:
            if not file.streams.video:
                raise SourceError(str(path), "there is no film in it; pictures are for Image (--image)")
            stream = file.streams.video[0]
            stream.thread_type = "AUTO"
            length = 1 / float(stream.average_rate or stream.guessed_rate or 25)
            first: float | None = None
            for frame in file.decode(stream):
                time = frame.time if frame.time is not None else (first or 0.0) + count * length
                first = time if first is None else first
                yield Picture(pixels(frame), time - first), time - first + length
                count += 1
    except (av.FFmpegError, OSError, ValueError) as error:
        # A film that breaks off is played as far as it goes.
        if not count:
            raise SourceError(str(path), explained(av, error)) from error
    if not count:
        raise SourceError(str(path), "the film in it has no picture")


def pixels(frame: Any) -> Pixels:
    """Return a frame as an array, blue first."""
    array: Pixels = np.ascontiguousarray(frame.to_ndarray(format="bgra"))
    return array


def explained(av: ModuleType, error: Exception) -> str:
    """Return what is wrong with a file, in words."""
    if isinstance(error, av.InvalidDataError):
        return "it is no film that FFmpeg can read; pictures are for Image (--image)"
    return getattr(error, "strerror", None) or str(error)

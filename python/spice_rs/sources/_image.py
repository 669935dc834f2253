"""A picture from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
import trio

from ..errors import SourceError
from ..server.screen import Pixels, Screen
from ._source import Source, need, show


class Image(Source):
    """Shows a picture file: PNG, JPEG and whatever else Pillow reads. What is transparent in it is shown on black.

    Arguments:
        path: the file.

    Raises:
        MissingExtra: on entering: Pillow is not installed.
        SourceError: on entering: there is no such file, or no picture in it.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._pixels: Pixels | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""
        height, width = self._there().shape[:2]
        return width, height

    async def __aenter__(self) -> Self:
        self._pixels = await trio.to_thread.run_sync(read, self._path)
        return self

    async def run(self, screen: Screen) -> None:
        """Show it until cancelled."""
        await show(screen, self._there())
        await trio.sleep_forever()

    def _there(self) -> Pixels:
        if self._pixels is None:
            raise RuntimeError("the picture has not been read yet: async with Image(path) as source")
        return self._pixels


def read(path: Path) -> Pixels:
    """Read a picture, turned as its camera was held."""
    need("PIL", "images")
    from PIL import Image as Pillow
    from PIL import ImageOps, UnidentifiedImageError

    try:
        with Pillow.open(path) as file:
            picture = ImageOps.exif_transpose(file).convert("RGBA")
    except UnidentifiedImageError as error:
        raise SourceError(
            str(path), "it is no picture that Pillow can read; films are for Video (--video)"
        ) from error
    except (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError) as error:
        # Pillow says whatever comes to its mind about broken files.
        raise SourceError(str(path), getattr(error, "strerror", None) or str(error)) from error
    background = Pillow.new("RGBA", picture.size, "black")
    background.alpha_composite(picture)
    return np.ascontiguousarray(np.asarray(background)[:, :, [2, 1, 0, 3]])

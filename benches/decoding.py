"""The decoders' half of codecs.py: images that the reference has coded, decoded by both."""

from __future__ import annotations

import ctypes
import ctypes.util
import io
import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pictures
from PIL import Image
from reference import LZ_PLT8, LZ_RGB32, LZ_RGBA, QUIC_RGB32, QUIC_RGBA, GlzEncoder, Reference
from turns import Program, Table, best_seconds

WIDTH, HEIGHT, STRIDE = pictures.WIDTH, pictures.HEIGHT, 4 * pictures.WIDTH
CODECS = ("quic", "lz", "lz_palette", "lz4", "jpeg", "glz", "zlib")

# Most frames of the sequences lie within this many pixels, as in a client with the usual 32 MB of window.
GLZ_WINDOW, GLZ_FRAMES = 8_000_000, 16

# The reference's JPEG decoder is up to twice as slow where its buffers happen to lie badly; only its good mode counts.
JPEG_PROCESSES = 4


def tables(codecs: list[str], names: list[str], ours: Path, theirs: Path, rounds: int) -> None:
    """Print a table for each codec; `ours` and `theirs` are the folders of the programs."""
    with tempfile.TemporaryDirectory() as folder:
        encoder = Encoder(Reference(theirs), Path(folder))
        for codec in codecs or CODECS:
            table = Table(f"{codec} decoder", "bytes")
            for name, files in encoder.jobs(codec, tuple(names)):
                size = sum(path.stat().st_size for path in files) // len(files)
                times = _measure(codec, files, ours / "bench_decode", theirs / "bench_ref", rounds)
                table.row(name, str(size), *times)
            table.end()


class Encoder:
    """Coded images as files, made by the reference or by the library the reference uses."""

    def __init__(self, reference: Reference, folder: Path) -> None:
        self.reference, self.folder = reference, folder
        self.lz4_library = ctypes.CDLL(ctypes.util.find_library("lz4"))

    def jobs(self, codec: str, names: tuple[str, ...]) -> Iterator[tuple[str, list[Path]]]:
        """Give the name of each picture or sequence and its files."""
        if codec in ("glz", "zlib"):
            for name, frames in (("scroll", pictures.scroll), ("drag", pictures.drag)):
                yield name, self._sequence(codec, name, frames(GLZ_FRAMES))
            return
        for name in names:
            if name == "icons" and codec in ("jpeg", "lz_palette"):
                continue
            path = self.folder / f"{name}.{codec}"
            path.write_bytes(getattr(self, f"_{codec}")(name))
            yield name, [path]

    def _quic(self, name: str) -> bytes:
        kind = QUIC_RGBA if name == "icons" else QUIC_RGB32
        return self.reference.quic_encode(kind, WIDTH, HEIGHT, STRIDE, pictures.picture(name).tobytes())

    def _lz(self, name: str) -> bytes:
        kind = LZ_RGBA if name == "icons" else LZ_RGB32
        return self.reference.lz_encode(kind, WIDTH, HEIGHT, STRIDE, pictures.picture(name).tobytes())

    def _lz_palette(self, name: str) -> bytes:
        indices, palette = pictures.palette_picture(name)
        coded = self.reference.lz_encode(LZ_PLT8, WIDTH, HEIGHT, WIDTH, indices.tobytes())
        return struct.pack("<256I", *palette) + coded

    def _lz4(self, name: str) -> bytes:
        pixels = pictures.picture(name).tobytes()
        out = ctypes.create_string_buffer(len(pixels) + len(pixels) // 200 + 64)
        size = self.lz4_library.LZ4_compress_fast(pixels, out, len(pixels), len(out), 1)
        return struct.pack(">BBI", 1, 9 if name == "icons" else 8, size) + out.raw[:size]

    def _jpeg(self, name: str) -> bytes:
        out = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(pictures.picture(name)[:, :, 2::-1])).save(
            out, "JPEG", quality=85
        )
        return out.getvalue()

    def _sequence(self, codec: str, name: str, frames: list[np.ndarray]) -> list[Path]:
        encoder = GlzEncoder(self.reference, GLZ_WINDOW)
        paths = []
        for number, frame in enumerate(frames):
            coded = encoder.encode(LZ_RGB32, WIDTH, HEIGHT, STRIDE, frame.tobytes())
            if codec == "zlib":
                coded = struct.pack("<I", len(coded)) + zlib.compress(coded, 3)
            path = self.folder / f"{name}{number}.{codec}"
            path.write_bytes(coded)
            paths.append(path)
        encoder.close()
        # The first frame stands for all in zlib's case: it has most bytes.
        return paths[:1] if codec == "zlib" else paths


def _measure(codec: str, files: list[Path], ours: Path, theirs: Path, rounds: int) -> tuple[float, float]:
    """Give the best seconds a picture of the reference and of ours."""
    programs = [Program(ours), *(Program(theirs) for _ in range(JPEG_PROCESSES if codec == "jpeg" else 1))]
    load = " ".join(["load", codec, str(WIDTH), str(HEIGHT), *map(str, files)])
    sums = {program.ask(load) for program in programs}
    if len(sums) > 1 and codec != "jpeg":
        raise SystemExit(f"{codec}: pixels of {files[-1].name} differ")
    best = [seconds / len(files) for seconds in best_seconds(programs, rounds)]
    for program in programs:
        program.close()
    return min(best[1:]), best[0]

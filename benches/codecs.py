"""Compare our decoders with the reference's: one thread, 1920x1080, both programs in turns in one run.

    make -C benches/reference
    cargo build --release -p spice-codec --example bench_decode
    python benches/codecs.py [--rounds N] [--codec NAME]… [--picture NAME]…

Needs numpy and Pillow. A ratio is the reference's best time divided by ours; only ratios of one run mean anything,
since other load and clock speed move both. A picture whose pixels differ between the two is an error, except for JPEG,
where decoders may round as they like.
"""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import io
import math
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent / "reference"))

import pictures
from reference import (
    LZ_PLT8,
    LZ_RGB32,
    LZ_RGBA,
    QUIC_RGB32,
    QUIC_RGBA,
    GlzEncoder,
    Reference,
)

ROOT = Path(__file__).resolve().parents[1]
WIDTH, HEIGHT, STRIDE = pictures.WIDTH, pictures.HEIGHT, 4 * pictures.WIDTH
CODECS = ("quic", "lz", "lz_palette", "lz4", "jpeg", "glz", "zlib")

# Most frames of the sequences lie within this many pixels, as in a client with the usual 32 MB of window.
GLZ_WINDOW, GLZ_FRAMES = 8_000_000, 16

# The reference's JPEG decoder is up to twice as slow where its buffers happen to lie badly; only its good mode counts.
JPEG_PROCESSES = 4


class Program:
    """A decoder that loads and runs on command."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, line: str) -> str:
        """Send a command and give the answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("error"):
            raise SystemExit(f"{self.process.args!s}: {line[:80]}: {answer or 'no answer'}")
        return answer

    def close(self) -> None:
        """Let the program end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


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


def measure(codec: str, files: list[Path], ours: Path, theirs: Path, rounds: int) -> tuple[float, float]:
    """Give the best seconds a picture of the reference and of ours."""
    programs = [Program(ours), *(Program(theirs) for _ in range(JPEG_PROCESSES if codec == "jpeg" else 1))]
    load = " ".join(["load", codec, str(WIDTH), str(HEIGHT), *map(str, files)])
    sums = {program.ask(load) for program in programs}
    if len(sums) > 1 and codec != "jpeg":
        raise SystemExit(f"{codec}: pixels of {files[-1].name} differ")
    times: list[list[int]] = [[] for _ in programs]
    for _ in range(rounds):
        for mine, program in zip(times, programs, strict=True):
            mine.append(int(program.ask("run")))
    for program in programs:
        program.close()
    best = [min(each) / 1e9 / len(files) for each in times]
    return min(best[1:]), best[0]


def main() -> None:
    """Print a table for each codec."""
    parser = argparse.ArgumentParser(description="ratios of our decoders to the reference's")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--codec", action="append", choices=CODECS)
    parser.add_argument("--picture", action="append", choices=pictures.NAMES)
    parser.add_argument("--reference", type=Path, default=ROOT / "target/reference")
    parser.add_argument("--ours", type=Path, default=ROOT / "target/release/examples/bench_decode")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        encoder = Encoder(Reference(options.reference), Path(folder))
        for codec in options.codec or CODECS:
            print(f"\n| {codec} | bytes | C ms | ours ms | ratio |\n|---|---|---|---|---|")
            ratios = []
            for name, files in encoder.jobs(codec, tuple(options.picture or pictures.NAMES)):
                size = sum(path.stat().st_size for path in files) // len(files)
                reference, ours = measure(
                    codec, files, options.ours, options.reference / "bench_ref", options.rounds
                )
                ratios.append(reference / ours)
                print(
                    f"| {name} | {size} | {reference * 1e3:.2f} | {ours * 1e3:.2f} | {ratios[-1]:.2f} |",
                    flush=True,
                )
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            print(f"| geometric mean, least | | | | {mean:.2f}, {min(ratios):.2f} |", flush=True)


if __name__ == "__main__":
    main()

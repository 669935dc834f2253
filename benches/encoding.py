"""The encoders' half of codecs.py: pictures encoded by both.

A new encoder needs a line in `ALL`, one in spice-codec's example bench_encode and one in bench_encode_ref.c, where the
reference's are complete. What our program does not know yet is left out.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pictures
from reference import LZ_RGB32, GlzEncoder, Reference
from turns import Program, Table, best_seconds

WIDTH, HEIGHT = pictures.WIDTH, pictures.HEIGHT
OPAQUE = tuple(name for name in pictures.NAMES if name != "icons")

# A session, and the window in which zlib's input was made.
GLZ_FRAMES, GLZ_WINDOW = 16, 8_000_000

# LZ and GLZ in a window that holds one picture and not two.
SMALL = ("lz", "glz_3m")

Job = tuple[str, list[bytes]]


def _pictures(names: tuple[str, ...]) -> Iterator[Job]:
    yield from ((name, [pictures.picture(name).tobytes()]) for name in names if name in OPAQUE)


def _transparent(names: tuple[str, ...]) -> Iterator[Job]:
    yield from ((name, [pictures.picture(name).tobytes()]) for name in names if name not in OPAQUE)


def _palettes(names: tuple[str, ...]) -> Iterator[Job]:
    """256 colours, then the indices."""
    for name in names:
        if name in OPAQUE:
            indices, palette = pictures.palette_picture(name)
            yield name, [struct.pack("<256I", *palette) + indices.tobytes()]


def _sequences(names: tuple[str, ...]) -> Iterator[Job]:
    """Frames of which each shares much with the one before; there are two, whatever pictures are asked for."""
    for name, frames in (("scroll", pictures.scroll), ("drag", pictures.drag)):
        yield name, [frame.tobytes() for frame in frames(GLZ_FRAMES)]


def _glz_images(names: tuple[str, ...], reference: Reference) -> Iterator[Job]:
    """The first image of each sequence, which has most bytes, coded by the reference."""
    for name, frames in _sequences(names):
        encoder = GlzEncoder(reference, GLZ_WINDOW)
        yield name, [encoder.encode(LZ_RGB32, WIDTH, HEIGHT, 4 * WIDTH, frames[0])]
        encoder.close()


@dataclass(frozen=True)
class Codec:
    """What is encoded, and whether both encoders have to write the same bytes."""

    jobs: Callable[..., Iterator[Job]]
    identical: bool = False
    needs_reference: bool = False


ALL = {
    "quic": Codec(_pictures, identical=True),
    "quic_alpha": Codec(_transparent, identical=True),
    "lz": Codec(_pictures),
    "lz_alpha": Codec(_transparent),
    "lz_palette": Codec(_palettes),
    "lz4": Codec(_pictures),
    "jpeg": Codec(_pictures),
    "glz_3m": Codec(_sequences),
    "glz_8m": Codec(_sequences),
    "glz_32m": Codec(_sequences),
    "zlib": Codec(_glz_images, needs_reference=True),
}


def tables(codecs: list[str], names: list[str], ours: Path, theirs: Path, rounds: int) -> None:
    """Print a table for each codec; `ours` and `theirs` are the folders of the programs."""
    known = _known(ours / "bench_encode")
    with tempfile.TemporaryDirectory() as folder:
        for name in codecs or ALL:
            if name in known:
                jobs = _jobs(ALL[name], tuple(names), theirs)
                programs = [Program(ours / "bench_encode"), Program(theirs / "bench_encode_ref")]
                _table(name, jobs, programs, Path(folder), rounds)
        if not codecs or "glz_3m" in codecs:
            _small_window(tuple(names), ours, Path(folder), rounds)


def _small_window(names: tuple[str, ...], ours: Path, folder: Path, rounds: int) -> None:
    """Print what GLZ costs beside our own LZ where the window holds no more than the picture itself."""
    print("\n| GLZ in a window of one picture | our LZ ms | our GLZ ms | times as long |\n|---|---|---|---|")
    path = folder / "picture"
    for name, contents in _pictures(names):
        path.write_bytes(contents[0])
        programs = [Program(ours / "bench_encode") for _ in SMALL]
        for program, codec in zip(programs, SMALL, strict=True):
            program.ask(f"load {codec} {WIDTH} {HEIGHT} {path}")
        lz, glz = best_seconds(programs, rounds)
        print(f"| {name} | {lz * 1e3:.2f} | {glz * 1e3:.2f} | {glz / lz:.2f} |", flush=True)
        for program in programs:
            program.close()


def _known(ours: Path) -> list[str]:
    program = Program(ours)
    try:
        return program.ask("codecs").split(" ")[1:]
    finally:
        program.close()


def _jobs(codec: Codec, names: tuple[str, ...], theirs: Path) -> Iterator[Job]:
    return codec.jobs(names, Reference(theirs)) if codec.needs_reference else codec.jobs(names)


def _table(name: str, jobs: Iterator[Job], programs: list[Program], folder: Path, rounds: int) -> None:
    table = Table(f"{name} encoder", "C bytes | ours, bytes")
    for picture, contents in jobs:
        files = [folder / f"{number}" for number in range(len(contents))]
        for path, content in zip(files, contents, strict=True):
            path.write_bytes(content)
        load = " ".join(["load", name, str(WIDTH), str(HEIGHT), *map(str, files)])
        ours, theirs = (program.ask(load).split(" ") for program in programs)
        if ALL[name].identical and ours != theirs:
            raise SystemExit(f"{name}: bytes of {picture} differ")
        sizes = f"{int(theirs[0]) // len(files)} | {int(ours[0]) // len(files)}"
        our_time, their_time = (seconds / len(files) for seconds in best_seconds(programs, rounds))
        table.row(picture, sizes, their_time, our_time)
    table.end()
    for program in programs:
        program.close()

"""Make the vectors of LZ, GLZ, LZ4 and ZLIB_GLZ with the reference's own encoders and decoders.

Needs the library of `benches/reference` (its folder in SPICE_REFERENCE) and liblz4.so.1.
"""

from __future__ import annotations

import ctypes
import random
import struct
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[4] / "benches" / "reference"))
from reference import GlzDecoder, GlzEncoder, Reference  # noqa: E402

REFERENCE = Reference()
CHANCE = random.Random(2)
PALETTE = [(index * 0x9E3779B1 >> 5) & 0xFFFFFF for index in range(256)]
NAMES = "plt1_le plt1_be plt4_le plt4_be plt8 rgb16 rgb24 rgb32 rgba xxxa a8".split()
BITS = [1, 1, 4, 4, 8, 16, 24, 32, 32, 32, 8]
RGB16, RGB24, RGB32, RGBA = 6, 7, 8, 9


def picture(units: int, lines: int, size: int) -> bytes:
    """Rows of `units` units of `size` bytes: flat, striped, noisy, and the first rows again."""
    rows: list[bytes] = []
    colours = [CHANCE.randbytes(size) for _ in range(6)]
    for line in range(lines):
        if line % 5 == 4:
            row = [rows[line - 4][i : i + size] for i in range(0, units * size, size)]
        elif line % 5 == 3:
            row = [colours[(x // (1 + line % 3)) % 4] for x in range(units)]
        else:
            row = [
                colours[line % 6] if CHANCE.random() < 0.8 else CHANCE.randbytes(size) for _ in range(units)
            ]
        rows.append(b"".join(row))
    return b"".join(rows)


def top_down(pixels: bytes, width: int, height: int, line: int, upright: bool) -> bytes:
    """Drop what pads a row of `line` pixels and bring the rows into the order from the top."""
    rows = [pixels[y * line * 4 :][: width * 4] for y in range(height)]
    return b"".join(rows if upright else rows[::-1])


def lz(name: str, kind: int, width: int, height: int, data: bytes, upright: bool) -> None:
    """Write what the reference makes of `data` and what it decodes from that."""
    stride = (width * BITS[kind - 1] + 7) // 8
    coded = REFERENCE.lz_encode(kind, width, height, stride, data, top_down=upright)
    (_, _, _, gross, _), pixels = REFERENCE.lz_decode(coded, palette=PALETTE)
    (HERE / "lz" / f"{name}.lz").write_bytes(coded)
    (HERE / "lz" / f"{name}.pixels").write_bytes(top_down(pixels, width, height, gross // height, upright))


def all_lz() -> None:
    """Every type, odd sizes, both orders, far matches, pictures too small for a match."""
    for kind, name in enumerate(NAMES, 1):
        width, height = 41, 17
        stride = (width * BITS[kind - 1] + 7) // 8
        size = max(1, BITS[kind - 1] // 8)
        lz(name, kind, width, height, picture(stride // size, height, size), kind % 2 == 0)
    noise = CHANCE.randbytes(8500)
    lz("far_plt8", 5, 100, 170, noise + noise, True)
    noise = CHANCE.randbytes(4 * 8300)
    lz("far_rgb32", RGB32, 100, 100, noise + noise[: 4 * 1700], False)
    for width, height in (1, 1), (3, 1), (1, 9), (300, 2):
        lz(f"rgba_{width}x{height}", RGBA, width, height, picture(width, height, 4), True)


def all_glz() -> None:
    """A session: window contents that move, all types in between, a small window so that pictures fall out."""
    encoder, decoder = GlzEncoder(REFERENCE, 12_000), GlzDecoder(REFERENCE)
    base = {size: picture(48, 96, size) for size in (2, 3, 4)}
    frames, expected = [], []
    for index in range(24):
        kind = [RGB32, RGB32, RGBA, RGB16, RGB24, RGBA][index % 6]
        size = BITS[kind - 1] // 8
        top, height, upright = index * 2, 41 - index % 3, index % 4 != 3
        data = base[size][top * 48 * size : (top + height) * 48 * size]
        coded = encoder.encode(kind, 48, height, 48 * size, data, top_down=upright)
        frames.append(coded)
        expected.append(top_down(decoder.decode(coded), 48, height, 48, upright))
    write_list("glz/session.glz", frames)
    write_list("glz/session.pixels", expected)
    write_list("zlib_glz/session.zlib", [zlib.compress(frame, 3) for frame in frames])


def all_lz4() -> None:
    """Every format, in one block and in blocks that refer to each other."""
    library = ctypes.CDLL("liblz4.so.1")
    library.LZ4_createStream.restype = ctypes.c_void_p
    for form, name in (6, "rgb16"), (7, "rgb24"), (8, "rgb32"), (9, "rgba"):
        width, height, size = 41, 17, BITS[form - 1] // 8
        data = ctypes.create_string_buffer(picture(width, height, size))
        for lines in height, 3:
            stream = ctypes.c_void_p(library.LZ4_createStream())
            coded = bytes([form % 2, form])
            for start in range(0, height * width * size, lines * width * size):
                length = min(lines * width * size, height * width * size - start)
                out = ctypes.create_string_buffer(2 * length + 100)
                source = ctypes.byref(data, start)
                done = library.LZ4_compress_fast_continue(stream, source, out, length, len(out), 1)
                coded += struct.pack(">I", done) + out.raw[:done]
            (HERE / "lz4" / f"{name}_{lines}.lz4").write_bytes(coded)
        pixels = b"".join(wide(data.raw[at : at + size]) for at in range(0, width * height * size, size))
        (HERE / "lz4" / f"{name}.pixels").write_bytes(top_down(pixels, width, height, width, form % 2 == 1))


def wide(pixel: bytes) -> bytes:
    """A pixel of guest memory as 32 bits."""
    if len(pixel) > 2:
        return pixel.ljust(4, b"\0")
    value = int.from_bytes(pixel, "little")
    parts = [value >> shift & 31 for shift in (0, 5, 10)]
    return bytes([part << 3 | part >> 2 for part in parts] + [0])


def write_list(name: str, parts: list[bytes]) -> None:
    """Write parts with a little-endian length before each."""
    (HERE / name).write_bytes(b"".join(struct.pack("<I", len(part)) + part for part in parts))


all_lz()
all_glz()
all_lz4()

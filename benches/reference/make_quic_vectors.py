"""Make rust/crates/spice-codec/tests/data/quic: images coded by the reference, and a checksum of their pixels."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from reference import QUIC_GRAY, QUIC_RGB16, QUIC_RGB24, QUIC_RGB32, QUIC_RGBA, Reference

KINDS = {
    "gray": (QUIC_GRAY, 1),
    "rgb16": (QUIC_RGB16, 2),
    "rgb24": (QUIC_RGB24, 3),
    "rgb32": (QUIC_RGB32, 4),
    "rgba": (QUIC_RGBA, 4),
}
SIZES = [(1, 1), (2, 1), (1, 9), (3, 7), (17, 13), (64, 48)]


def draw(rnd: random.Random, style: str, width: int, height: int, size: int) -> bytes:
    """Pixels of `size` bytes: one colour, noise, slow slopes, or text-like pieces of all of them."""
    few = [rnd.randbytes(size) for _ in range(3)]
    out = bytearray()
    for y in range(height):
        row_style = rnd.choice(["flat", "noise", "slope", "repeat"]) if style == "mixed" else style
        if row_style == "repeat" and y:
            out += out[-width * size :]
            continue
        x = 0
        while x < width:
            run = min(width - x, rnd.choice([1, 2, 5, 40, 3000]))
            if row_style == "noise":
                out += rnd.randbytes(run * size)
            elif row_style == "slope":
                out += bytes(
                    (3 * (x + i) // 2 + 5 * y + c * 60) & 255 for i in range(run) for c in range(size)
                )
            else:
                out += rnd.choice(few if row_style == "repeat" else few[:1]) * run
            x += run
    return bytes(out)


def checksum(pixels: bytes) -> int:
    """FNV-1a of 64 bits, a 32-bit pixel at a time."""
    total = 0xCBF29CE484222325
    for at in range(0, len(pixels), 4):
        total = ((total ^ int.from_bytes(pixels[at : at + 4], "little")) * 0x100000001B3) & (1 << 64) - 1
    return total


def expected(kind: int, pixels: bytes) -> bytes:
    """What our decoder gives: the reference leaves the top byte of images without alpha to chance."""
    if kind == QUIC_RGBA:
        return pixels
    return bytes(byte if at % 4 < 3 else 0 for at, byte in enumerate(pixels))


def main() -> None:
    """Write the files."""
    reference = Reference(sys.argv[1] if len(sys.argv) > 1 else None)
    out = Path(__file__).resolve().parents[2] / "rust/crates/spice-codec/tests/data/quic"
    rnd = random.Random(2026)
    jobs = [(name, *size, "mixed") for name in KINDS for size in SIZES]
    jobs += [(name, 40, 30, style) for name in KINDS for style in ("noise", "slope", "flat")]
    # Wide enough for several sampling classes in a row and for runs of thousands; tall enough to reach the last class.
    jobs += [(name, 5000, 4, style) for name in ("rgb32", "rgba") for style in ("mixed", "flat")]
    jobs += [("rgb32", 2048, 3, "mixed"), ("rgb16", 4096, 2, "mixed"), ("rgb32", 160, 120, "mixed")]
    # Beside the blocks that our encoder looks at, and ends of rows that are ends of sampling classes.
    jobs += [(name, width, 6, "mixed") for name in ("rgb32", "rgba") for width in (34, 35, 66, 683)]
    jobs += [("rgb32", 2049, 2, "repeat"), ("rgba", 1024, 3, "repeat"), ("rgba", 300, 50, "slope")]
    for name, width, height, style in jobs:
        kind, size = KINDS[name]
        coded = reference.quic_encode(
            kind, width, height, width * size, draw(rnd, style, width, height, size)
        )
        path = out / f"{name}_{width}x{height}_{style}.bin"
        path.write_bytes(coded)
        if kind != QUIC_GRAY:
            pixels = expected(kind, reference.quic_decode(coded)[3])
            path.with_suffix(".fnv").write_text(f"{checksum(pixels):016x}\n")


if __name__ == "__main__":
    main()

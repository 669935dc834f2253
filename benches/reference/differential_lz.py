"""Let the reference decode what our LZ, LZ4 and GLZ encoders make of random images, and compare the pixels.

    make -C benches/reference
    cargo build --release -p spice-codec --example encode_lz
    python3 benches/reference/differential_lz.py target/release/examples [IMAGES] [SEED]

SPICE_REFERENCE names the folder of the reference where it is not target/reference. LZ4 is decoded by liblz4.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import random
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from differential import Program
from make_quic_vectors import draw
from reference import GlzDecoder, Reference

STYLES = ["mixed", "mixed", "mixed", "noise", "slope", "flat", "repeat"]

# What our program does for the first word of a request.
LZ, LZ_ALPHA, XXXA, PALETTE, LZ4, LZ4_ALPHA, GLZ, GLZ_ALPHA, GLZ_SESSION = range(9)
HAS_ALPHA = {LZ_ALPHA, LZ4_ALPHA, GLZ_ALPHA}


class Check:
    """Our encoders beside the reference's decoders."""

    def __init__(self, folder: Path, rnd: random.Random) -> None:
        self.rnd, self.ours, self.reference = rnd, Program(folder / "encode_lz"), Reference()
        self.lz4 = ctypes.CDLL(ctypes.util.find_library("lz4"))
        self.earlier: list[tuple[int, int, bytes]] = []
        self.window = 0
        self.session()

    def encode(self, what: int, width: int, height: int, pixels: bytes) -> bytes:
        """Give the data that our encoder makes."""
        return self.ours.ask(struct.pack("<III", what, width, height) + pixels)

    def session(self) -> None:
        """Start a GLZ session with a window of some other size."""
        side = self.rnd.choice([100, 200, 350, 1500])
        self.window, self.earlier, self.glz = side * side, [], GlzDecoder(self.reference)
        self.encode(GLZ_SESSION, side, side, bytes(4 * side * side))

    def image(self) -> str | None:
        """Try one image; give what is wrong, if anything is."""
        what = self.rnd.choice([LZ, LZ_ALPHA, XXXA, PALETTE, LZ4, LZ4_ALPHA])
        width = self.rnd.choice(
            [self.rnd.randint(1, 12), self.rnd.randint(1, 700), self.rnd.randint(2000, 9000)]
        )
        height = self.rnd.randint(1, max(1, 150_000 // width))
        style = self.rnd.choice(STYLES)
        pixels = draw(self.rnd, style, width, height, 4)
        if what == PALETTE:
            pixels = few_colours(self.rnd, pixels)
        wrong = self.decoded(what, width, height, pixels) != visible(what, pixels)
        return f"{what} {width}x{height} {style}" if wrong else None

    def decoded(self, what: int, width: int, height: int, pixels: bytes) -> bytes:
        """Give the pixels that the reference sees in our data."""
        data = self.encode(what, width, height, pixels)
        if what in (LZ4, LZ4_ALPHA):
            (size,) = struct.unpack(">I", data[2:6])
            out = ctypes.create_string_buffer(len(pixels))
            made = self.lz4.LZ4_decompress_safe(data[6:], out, size, len(pixels))
            return out.raw if (made, size) == (len(pixels), len(data) - 6) else b""
        palette = None
        if what == PALETTE:
            (count,) = struct.unpack("<I", data[:4])
            palette = list(struct.unpack(f"<{count}I", data[4 : 4 + 4 * count]))
            data = data[4 + 4 * count :]
        info, out = self.reference.lz_decode(data, palette=palette)
        line = info[3] // height
        return b"".join(out[4 * line * y : 4 * line * y + 4 * width] for y in range(height))

    def picture(self) -> str | None:
        """Try the next picture of the GLZ session, which often shows parts of earlier ones."""
        if self.rnd.random() < 0.03:
            self.session()
        width, height, pixels = self.view()
        what = self.rnd.choice([GLZ, GLZ, GLZ_ALPHA])
        data = self.encode(what, width, height, pixels)
        if width * height > self.window:
            return None if not data else f"{what} {width}x{height} is larger than the window"
        self.earlier = [*self.earlier[-5:], (width, height, pixels)]
        wrong = self.glz.decode(data) != visible(what, pixels)
        return f"{what} {width}x{height} in a window of {self.window}" if wrong else None

    def view(self) -> tuple[int, int, bytes]:
        """Width, height and pixels: new ones, or what was there before, moved and changed here and there."""
        if not self.earlier or self.rnd.random() < 0.3:
            width = self.rnd.choice([self.rnd.randint(1, 12), self.rnd.randint(1, 350)])
            height = self.rnd.randint(1, max(1, min(350, 60_000 // width)))
            return width, height, draw(self.rnd, self.rnd.choice(STYLES), width, height, 4)
        width, height, pixels = self.rnd.choice(self.earlier)
        moved = 4 * self.rnd.randrange(width * height) if self.rnd.random() < 0.7 else 0
        changed = bytearray(pixels[moved:] + pixels[:moved])
        for _ in range(self.rnd.choice([0, 1, 5, 50])):
            changed[self.rnd.randrange(len(changed))] ^= 1
        return width, height, bytes(changed)


def few_colours(rnd: random.Random, pixels: bytes) -> bytes:
    """The same shapes in at most so many colours."""
    palette = [rnd.randbytes(4) for _ in range(rnd.choice([1, 2, 3, 16, 17, 256]))]
    return b"".join(palette[sum(pixels[at : at + 3]) % len(palette)] for at in range(0, len(pixels), 4))


def visible(what: int, pixels: bytes) -> bytes:
    """What has to come back: all of a pixel, its colour, or its alpha."""
    if what in HAS_ALPHA:
        return pixels
    mask = b"\0\0\0\xff" if what == XXXA else b"\xff\xff\xff\0"
    number = int.from_bytes(pixels, "little") & int.from_bytes(mask * (len(pixels) // 4), "little")
    return number.to_bytes(len(pixels), "little")


def main() -> int:
    """Print what differed; the exit status tells whether anything did."""
    folder, count, seed = [*sys.argv[1:], *["300", "1"][len(sys.argv) - 2 :]]
    check = Check(Path(folder), random.Random(int(seed)))
    kinds: list[Callable[[], str | None]] = [check.image, check.picture]
    wrong = [found for number in range(int(count)) if (found := kinds[number % 2]())]
    print("\n".join([*wrong, f"{len(wrong)} of {count} images differ"]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

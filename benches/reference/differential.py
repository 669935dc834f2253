"""Compare our QUIC decoder with the reference's on random images.

    make -C benches/reference
    cargo build --release -p spice-codec --example decode_quic
    python3 benches/reference/differential.py target/release/examples/decode_quic [IMAGES] [SEED]

SPICE_REFERENCE names the folder of the reference where it is not target/reference.
"""

from __future__ import annotations

import random
import struct
import subprocess
import sys

from make_quic_vectors import KINDS, draw, expected
from reference import Reference

STYLES = ["mixed", "mixed", "mixed", "noise", "slope", "flat", "repeat"]


class Ours:
    """Our decoder, running."""

    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin is not None and self.process.stdout is not None
        self.input, self.output = self.process.stdin, self.process.stdout

    def decode(self, data: bytes) -> bytes:
        """Give the pixels, or nothing where the image was refused."""
        self.input.write(struct.pack("<I", len(data)) + data)
        self.input.flush()
        (size,) = struct.unpack("<I", self.output.read(4))
        return self.output.read(size)


def main() -> int:
    """Print what differed; the exit status tells whether anything did."""
    program, count, seed = [*sys.argv[1:], *["300", "1"][len(sys.argv) - 2 :]]
    rnd, reference, ours = random.Random(int(seed)), Reference(), Ours(program)
    differing = total = 0
    for number in range(int(count)):
        name = rnd.choice([name for name in KINDS if name != "gray"])
        kind, size = KINDS[name]
        width = rnd.choice([rnd.randint(1, 40), rnd.randint(1, 700), rnd.randint(2000, 9000)])
        height = rnd.randint(1, max(1, 60_000 // width))
        style = rnd.choice(STYLES)
        pixels = draw(rnd, style, width, height, size)
        coded = reference.quic_encode(kind, width, height, width * size, pixels)
        total += width * height
        if ours.decode(coded) != expected(kind, reference.quic_decode(coded)[3]):
            differing += 1
            print(f"image {number} differs: {name} {width}x{height} {style}")
    print(f"{differing} of {count} images differ, {total} pixels")
    return differing != 0


if __name__ == "__main__":
    sys.exit(main())

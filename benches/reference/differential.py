"""Compare our QUIC codec with the reference's on random images: the pixels of the decoder, the bytes of the encoder.

    make -C benches/reference
    cargo build --release -p spice-codec --example decode_quic --example encode_quic
    python3 benches/reference/differential.py target/release/examples [IMAGES] [SEED]

SPICE_REFERENCE names the folder of the reference where it is not target/reference.
"""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from pathlib import Path

from make_quic_vectors import KINDS, draw, expected
from reference import Reference

STYLES = ["mixed", "mixed", "mixed", "noise", "slope", "flat", "repeat"]

# What our encoder writes, and the first word of a request for it.
ENCODED = {"rgb32": 0, "rgba": 1}


class Program:
    """One of our programs, which answers each request with a length and that many bytes."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin is not None and self.process.stdout is not None
        self.input, self.output = self.process.stdin, self.process.stdout

    def ask(self, request: bytes) -> bytes:
        """Give the answer."""
        self.input.write(request)
        self.input.flush()
        (size,) = struct.unpack("<I", self.output.read(4))
        return self.output.read(size)


def main() -> int:
    """Print what differed; the exit status tells whether anything did."""
    folder, count, seed = [*sys.argv[1:], *["300", "1"][len(sys.argv) - 2 :]]
    rnd, reference = random.Random(int(seed)), Reference()
    decoder, encoder = (Program(Path(folder) / name) for name in ("decode_quic", "encode_quic"))
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
        ours = decoder.ask(struct.pack("<I", len(coded)) + coded)
        wrong = ["pixels"] * (ours != expected(kind, reference.quic_decode(coded)[3]))
        if name in ENCODED:
            ours = encoder.ask(struct.pack("<III", ENCODED[name], width, height) + pixels)
            wrong += ["bytes"] * (ours != coded)
        if wrong:
            differing += 1
            print(f"image {number} differs in {' and '.join(wrong)}: {name} {width}x{height} {style}")
    print(f"{differing} of {count} images differ, {total} pixels")
    return differing != 0


if __name__ == "__main__":
    sys.exit(main())

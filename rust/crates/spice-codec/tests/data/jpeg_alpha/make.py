#!/usr/bin/env python3
"""Make the alpha planes that go with ../jpeg/420.jpg: LZ images of type XXXA, written from the protocol alone.

top_down.lz and bottom_up.lz hold the same plane, alpha.bin the plane itself, top row first.
"""

import pathlib
import struct

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 35, 21


def alpha(x, y):
    return 255 if x < 20 else (x * 9 + y * 17) % 256


def lz(plane, top_down):
    """Literals, and a match of distance 1 wherever a byte is repeated five times or more."""
    out = bytearray(struct.pack(">4s6I", b"\x20\x20ZL", 0x00010001, 10, WIDTH, HEIGHT, WIDTH * 4, top_down))
    at, literals = 0, bytearray()

    def flush():
        for start in range(0, len(literals), 32):
            piece = literals[start : start + 32]
            out.append(len(piece) - 1)
            out.extend(piece)
        literals.clear()

    while at < len(plane):
        run = 0
        while at and at + run < len(plane) and plane[at + run] == plane[at - 1]:
            run += 1
        if run < 5:
            literals.append(plane[at])
            at += 1
            continue
        flush()
        count = run - 2
        if count < 7:
            out += bytes([count << 5, 0])
        else:
            rest = count - 7
            out += bytes([7 << 5]) + b"\xff" * (rest // 255) + bytes([rest % 255, 0])
        at += run
    flush()
    return bytes(out)


def main():
    rows = [bytes(alpha(x, y) for x in range(WIDTH)) for y in range(HEIGHT)]
    (HERE / "alpha.bin").write_bytes(b"".join(rows))
    (HERE / "top_down.lz").write_bytes(lz(b"".join(rows), 1))
    (HERE / "bottom_up.lz").write_bytes(lz(b"".join(reversed(rows)), 0))


main()

#!/usr/bin/env python3
"""Make bitmaps in all formats and the pictures they hold, with numpy alone.

For each format NAME.bin is what the wire carries (bottom row first, rows padded with noise) and NAME.expected the
pixels, top row first, as little-endian u32. Width, height and padding stand in the tests.
"""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT, PADDING = 13, 7, 3


def stored(rows, random):
    """The rows of a picture, padded with noise, bottom row first."""
    padding = random.integers(0, 256, (HEIGHT, PADDING), np.uint8)
    return np.concatenate([rows, padding], axis=1)[::-1].tobytes()


def nibbles(index, low_first):
    even = np.pad(index, ((0, 0), (0, WIDTH % 2))).reshape(HEIGHT, -1, 2)
    first, second = even[..., 0], even[..., 1]
    return (first | second << 4 if low_first else first << 4 | second).astype(np.uint8)


def five_to_eight(value):
    return value << 3 | value >> 2


def main():
    random = np.random.default_rng(2026)
    palette = random.integers(0, 1 << 24, 256, np.uint32)
    (HERE / "palette.bin").write_bytes(palette.astype("<u4").tobytes())

    def save(name, rows, expected):
        (HERE / f"{name}.bin").write_bytes(stored(rows, random))
        (HERE / f"{name}.expected").write_bytes(expected.astype("<u4").tobytes())

    one = random.integers(0, 2, (HEIGHT, WIDTH), np.uint8)
    save("1bit_le", np.packbits(one, axis=1, bitorder="little"), palette[one])
    save("1bit_be", np.packbits(one, axis=1, bitorder="big"), palette[one])
    four = random.integers(0, 16, (HEIGHT, WIDTH), np.uint8)
    save("4bit_le", nibbles(four, True), palette[four])
    save("4bit_be", nibbles(four, False), palette[four])
    eight = random.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
    save("8bit", eight, palette[eight])
    save("8bit_a", eight, eight.astype(np.uint32) << 24)

    sixteen = random.integers(0, 1 << 16, (HEIGHT, WIDTH), np.uint32)
    red, green, blue = (five_to_eight(sixteen >> shift & 31) for shift in (10, 5, 0))
    save("16bit", sixteen.astype("<u2").view(np.uint8).reshape(HEIGHT, -1), red << 16 | green << 8 | blue)
    bytes_ = random.integers(0, 256, (HEIGHT, WIDTH, 4), np.uint32)
    blue, green, red, top = np.moveaxis(bytes_, 2, 0)
    colour = red << 16 | green << 8 | blue
    save("24bit", bytes_[..., :3].astype(np.uint8).reshape(HEIGHT, -1), colour)
    save("32bit", bytes_.astype(np.uint8).reshape(HEIGHT, -1), colour | top << 24)
    save("rgba", bytes_.astype(np.uint8).reshape(HEIGHT, -1), colour | top << 24)
    # What palettes of a surface of 16 bits hold, and the same colours in eight bits a component.
    (HERE / "palette555.bin").write_bytes(sixteen.astype("<u4").tobytes())


main()

#!/usr/bin/env python3
"""Make cursors of all seven types and the pictures they hold, with numpy alone.

NAME.bin is the data of the shape, NAME.expected the pixels as little-endian u32, NAME.inverted a byte for each pixel
that is 1 where the screen is inverted. All are 11 by 5 pixels.
"""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 11, 5


def bits(array):
    return np.packbits(array, axis=1, bitorder="big").tobytes()


def five_to_eight(value):
    return value << 3 | value >> 2


def main():
    random = np.random.default_rng(7)
    shape = (HEIGHT, WIDTH)

    def save(name, data, pixels, inverted):
        (HERE / f"{name}.bin").write_bytes(data)
        (HERE / f"{name}.expected").write_bytes(pixels.astype("<u4").tobytes())
        (HERE / f"{name}.inverted").write_bytes(inverted.astype(np.uint8).tobytes())

    def masked(name, data, colour):
        mask = random.integers(0, 2, shape, np.uint8)
        pixels = np.where(mask == 1, 0, 0xFF000000 | colour)
        save(name, data + bits(mask), pixels, (mask == 1) & (colour == 0xFFFFFF))

    alpha = random.integers(0, 1 << 32, shape, np.uint32)
    save("alpha", alpha.astype("<u4").tobytes(), alpha, np.zeros(shape))

    land, lxor = random.integers(0, 2, (2, *shape), np.uint8)
    pixels = np.where(land == 1, 0, np.where(lxor == 1, 0xFFFFFFFF, 0xFF000000))
    save("mono", bits(land) + bits(lxor), pixels, (land == 1) & (lxor == 1))

    palette = random.integers(0, 1 << 32, 256, np.uint32)
    palette[3] = palette[200] = 0xFFFFFF
    palette[5] = 0xAAFFFFFF  # the top byte means nothing: white as well
    index = random.integers(0, 16, shape, np.uint8)
    index[1, 2:6] = 3
    even = np.pad(index, ((0, 0), (0, 1))).reshape(HEIGHT, -1, 2)
    packed = (even[..., 0] << 4 | even[..., 1]).astype(np.uint8).tobytes()
    masked("color4", packed + palette[:16].astype("<u4").tobytes(), palette[index] & 0xFFFFFF)
    index = random.integers(0, 256, shape, np.uint8)
    index[2, 1:8] = 200
    masked("color8", index.tobytes() + palette.astype("<u4").tobytes(), palette[index] & 0xFFFFFF)

    sixteen = random.integers(0, 1 << 16, shape, np.uint32)
    sixteen[0, :6] = 0x7FFF
    sixteen[3, :6] = 0xFFFF
    red, green, blue = (five_to_eight(sixteen >> shift & 31) for shift in (10, 5, 0))
    masked("color16", sixteen.astype("<u2").tobytes(), red << 16 | green << 8 | blue)
    colour = random.integers(0, 1 << 32, shape, np.uint32)
    colour[4, 2:9] = 0x12FFFFFF
    masked("color24", colour.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes(), colour & 0xFFFFFF)
    masked("color32", colour.astype("<u4").tobytes(), colour & 0xFFFFFF)


main()

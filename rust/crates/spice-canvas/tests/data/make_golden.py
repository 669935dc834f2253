"""Asks libpixman, which the reference draws with, how it scales and blends; writes scale.txt and over.txt.

Run with any Python where libpixman-1.so.0 can be loaded: `python make_golden.py`.
"""

import ctypes
import random
from pathlib import Path

PIXMAN = ctypes.CDLL("libpixman-1.so.0")
PIXMAN.pixman_image_create_bits.restype = ctypes.c_void_p
PIXMAN.pixman_image_create_solid_fill.restype = ctypes.c_void_p
PIXMAN.pixman_version_string.restype = ctypes.c_char_p

FORMATS = {"argb": 0x20028888, "xrgb": 0x20020888, "565": 0x10020565, "555": 0x10020555, "a8": 0x08018000}
OP_SRC, OP_OVER = 1, 3
FILTERS = {"interpolate": 1, "nearest": 3}
HERE = Path(__file__).parent


class Image:
    """An image in memory that pixman reads or writes."""

    def __init__(self, kind, width, height, words):
        self.kind, self.width, self.height = kind, width, height
        self.size = {"565": 2, "555": 2, "a8": 1}.get(kind, 4)
        self.stride = (width * self.size + 3) // 4 * 4
        self.memory = ctypes.create_string_buffer(self.stride * height)
        for index, word in enumerate(words):
            at = index // width * self.stride + index % width * self.size
            self.memory[at : at + self.size] = word.to_bytes(self.size, "little")
        self.image = ctypes.c_void_p(
            PIXMAN.pixman_image_create_bits(FORMATS[kind], width, height, self.memory, self.stride)
        )

    def words(self):
        for index in range(self.width * self.height):
            at = index // self.width * self.stride + index % self.width * self.size
            yield int.from_bytes(self.memory[at : at + self.size], "little")


def words(generator, kind, count):
    """Random words; premultiplied where there is alpha."""
    for _ in range(count):
        if kind != "argb":
            yield generator.getrandbits({"565": 16, "555": 15, "a8": 8}.get(kind, 24))
            continue
        alpha = generator.choice([0, 255, generator.randrange(256)])
        parts = [alpha, *(generator.randint(0, alpha) for _ in range(3))]
        yield int.from_bytes(bytes(parts), "big")


def stretch(source, area, target, filter_name, op, alpha):
    """What the reference does for a box of another size than the image's area."""
    left, top, width, height = area
    fixed = (ctypes.c_int32 * 9)()
    steps = (width * 65536 // target.width, height * 65536 // target.height)
    PIXMAN.pixman_transform_init_scale(fixed, *steps)
    PIXMAN.pixman_transform_translate(fixed, None, left * 65536, top * 65536)
    PIXMAN.pixman_image_set_transform(source.image, fixed)
    PIXMAN.pixman_image_set_repeat(source.image, 0)
    PIXMAN.pixman_image_set_filter(source.image, FILTERS[filter_name], None, 0)
    compose(source, target, op, alpha, 0, 0)


def compose(source, target, op, alpha, x, y):
    mask = None
    if alpha != 255:
        colour = (ctypes.c_uint16 * 4)(0, 0, 0, alpha * 0x101)
        mask = ctypes.c_void_p(PIXMAN.pixman_image_create_solid_fill(colour))
    PIXMAN.pixman_image_composite32(
        op, source.image, mask, target.image, x, y, 0, 0, 0, 0, target.width, target.height
    )


def line(numbers):
    return " ".join(f"{number:x}" for number in numbers)


def scale_cases(generator):
    for index in range(72):
        kind = ["xrgb", "argb"][index % 2]
        target_kind = ["xrgb", "argb", "565", "555"][index // 2 % 4]
        filter_name = ["interpolate", "nearest"][index // 8 % 2]
        width, height = generator.randint(1, 12), generator.randint(1, 12)
        area = (
            generator.randint(-2, 3),
            generator.randint(-2, 3),
            generator.randint(1, 15),
            generator.randint(1, 15),
        )
        if index % 3 == 0:
            area = (0, 0, width, height)
        size = (generator.randint(1, 20), generator.randint(1, 20))
        if size == area[2:]:
            size = (size[0] + 1, size[1])
        content = list(words(generator, kind, width * height))
        source, target = Image(kind, width, height, content), Image(target_kind, *size, [])
        if target_kind in ("565", "555"):
            # The reference converts an image to the surface's format before it scales.
            converted = Image(target_kind, width, height, [])
            compose(source, converted, OP_SRC, 255, 0, 0)
            source = converted
        stretch(source, area, target, filter_name, OP_SRC, 255)
        yield f"{filter_name} {kind} {width} {height} {target_kind} {size[0]} {size[1]} {' '.join(map(str, area))}"
        yield line(content)
        yield line(target.words())


def over_cases(generator):
    for index in range(48):
        kind = ["argb", "xrgb", "a8"][index % 3]
        target_kind = ["xrgb", "argb", "565", "555", "a8"][index // 3 % 5]
        alpha = [255, 255, 1, 77, 128, 254][index // 8]
        size = (24, 4)
        content, before = list(words(generator, kind, 96)), list(words(generator, target_kind, 96))
        source, target = Image(kind, *size, content), Image(target_kind, *size, before)
        compose(source, target, OP_OVER, alpha, 0, 0)
        yield f"{kind} {target_kind} {alpha}"
        yield line(content)
        yield line(before)
        yield line(target.words())


def main():
    version = PIXMAN.pixman_version_string().decode()
    for name, cases in [("scale", scale_cases), ("over", over_cases)]:
        lines = [f"# libpixman {version}, by make_golden.py", *cases(random.Random(20261123))]
        (HERE / f"{name}.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

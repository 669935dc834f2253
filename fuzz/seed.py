"""Write the first corpus of each fuzz target: small, valid inputs from which a fuzzer can set out.

Needs Pillow, and for QUIC, LZ and GLZ the reference codecs of `benches/reference`. Run by hand when an oracle's
input changes; the files are kept, so that nobody needs the reference to replay them.
"""

import io
import struct
import sys
import zlib
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT.parent / "benches" / "reference"))


def picture(width: int, height: int) -> bytes:
    """BGRX pixels with runs, repeats, gradients and noise."""
    noise = 12345
    out = bytearray()
    for y in range(height):
        for x in range(width):
            noise = (noise * 1103515245 + 12345) & 0x7FFFFFFF
            kind = (x // 8 + y // 8) % 4
            value = [0x336699, x * 9 + y * 5, noise >> 8 & 0xFFFFFF, (x % 5) * 0x203040][kind]
            out += struct.pack("<I", value & 0xFFFFFF | (x * 7 & 0xFF) << 24)
    return bytes(out)


def write(target: str, name: str, data: bytes) -> None:
    folder = ROOT / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def jpeg(mode: str, size: tuple[int, int], **options: object) -> bytes:
    image = Image.frombytes("RGBX", size, picture(*size)).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def seed_pictures() -> None:
    size = (24, 20)
    head = bytes(size)
    variants = {"plain": {}, "progressive": {"progressive": True}, "restart": {"restart_marker_rows": 1}}
    for name, options in variants.items():
        write("jpeg", name, head + jpeg("RGB", size, **options))
    write("jpeg", "grey", head + jpeg("L", size))
    write("mjpeg", "plain", head + jpeg("RGB", size))
    lz4_block = bytes([0xF0, 15 * 4 - 15]) + picture(5, 3)
    write("lz4", "literals", bytes([5, 3, 1, 8]) + struct.pack(">I", len(lz4_block)) + lz4_block)
    packed = zlib.compress(picture(16, 16), 3)
    write("zlib_glz", "plain", (16 * 16 * 4).to_bytes(3, "little") + packed)
    for kind in range(1, 11):
        write("raw", f"format-{kind}", bytes([kind, 9, 4, 40]) + picture(10, 4))
    for kind in range(7):
        write("cursor", f"kind-{kind}", bytes([kind]) + struct.pack("<HH", 8, 8) + picture(8, 8) * 5)


def seed_coded() -> None:
    from reference import (  # type: ignore[import-not-found]
        LZ_PLT4_BE, LZ_PLT8, LZ_RGB16, LZ_RGB24, LZ_RGB32, LZ_RGBA, LZ_XXXA,
        QUIC_RGB16, QUIC_RGB24, QUIC_RGB32, QUIC_RGBA, GlzEncoder, Reference,
    )

    reference = Reference(sys.argv[1] if len(sys.argv) > 1 else "/tmp/ref")
    width, height = 24, 16
    pixels = picture(width, height)
    for name, kind, bits in [("16", QUIC_RGB16, 2), ("24", QUIC_RGB24, 3), ("32", QUIC_RGB32, 4), ("a", QUIC_RGBA, 4)]:
        stride = width * bits
        write("quic", f"rgb{name}", reference.quic_encode(kind, width, height, stride, pixels[: stride * height]))
    kinds = {
        "rgb16": (LZ_RGB16, 2), "rgb24": (LZ_RGB24, 3), "rgb32": (LZ_RGB32, 4), "rgba": (LZ_RGBA, 4),
        "xxxa": (LZ_XXXA, 4), "plt8": (LZ_PLT8, 1), "plt4": (LZ_PLT4_BE, 0.5),
    }
    for name, (kind, bytes_each) in kinds.items():
        stride = int(width * bytes_each)
        write("lz", name, reference.lz_encode(kind, width, height, stride, pixels[: stride * height], top_down=True))
    encoder = GlzEncoder(reference, 1 << 16)
    parts = []
    for shift in range(3):
        moved = pixels[shift * width * 4 :] + pixels[: shift * width * 4]
        parts.append(encoder.encode(LZ_RGB32, width, height, width * 4, moved, top_down=True))
    parts.append(encoder.encode(LZ_RGBA, width, height, width * 4, pixels, top_down=True))
    write("glz", "scroll", b"".join(struct.pack("<H", len(part)) + part for part in parts))


def seed_messages() -> None:
    ones = b"".join(struct.pack("<I", value) for value in (1, 0, 8, 16, 24, 32, 40, 48, 2, 0, 4, 100, 9, 8, 7, 6))
    for index in range(200):
        write("message", f"zeros-{index:03}", bytes([index]) + bytes(160))
        write("message", f"ones-{index:03}", bytes([index]) + ones * 3)
    for index in range(32):
        write("agent", f"zeros-{index:02}", bytes([index]) + bytes(64))
        write("agent", f"ones-{index:02}", bytes([index]) + ones)
    words = struct.pack("<IBBIIIII", 0, 1, 0, 1, 1, 18, 9, 15)
    for index in range(7):
        write("structs", f"link-{index}", bytes([index]) + words + bytes(200))


def seed_transport() -> None:
    def mini(number: int, body: bytes) -> bytes:
        return struct.pack("<HI", number, len(body)) + body

    def full(serial: int, number: int, body: bytes, sub_list: int = 0) -> bytes:
        return struct.pack("<QHII", serial, number, len(body), sub_list) + body

    listed = struct.pack("<HII", 1, 6, 0)[:6] + struct.pack("<HI", 102, 0)
    stream = mini(3, struct.pack("<II", 1, 2)) + mini(4, bytes(40)) + mini(102, b"") * 5 + mini(8, listed)
    write("transport", "mini-client", bytes([0, 3]) + stream)
    write("transport", "mini-server", bytes([2, 5]) + mini(1, bytes(4)) + mini(2, b"") * 4 + mini(101, bytes(14)))
    serials = full(7, 3, struct.pack("<II", 1, 1)) + full(9, 102, listed, 0) + full(10, 102, b"\0" + listed, 1)
    write("transport", "full-client", bytes([1, 2]) + serials)


if __name__ == "__main__":
    seed_pictures()
    seed_messages()
    seed_transport()
    seed_coded()

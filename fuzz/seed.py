"""Write the first corpus of each fuzz target: small, valid inputs from which a fuzzer can set out.

Needs Pillow, and for QUIC, LZ and GLZ the reference codecs of `benches/reference`. Run by hand when an oracle's
input changes; the files are kept, so that nobody needs the reference to replay them.
"""

import io
import ssl
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
    for width, height in ((24, 20), (100, 5), (1, 7)):
        write("encode", f"{width}x{height}", bytes([width - 1]) + picture(width, height))
    for kind in range(1, 11):
        write("raw", f"format-{kind}", bytes([kind, 9, 4, 40]) + picture(10, 4))
    for kind in range(7):
        write("cursor", f"kind-{kind}", bytes([kind]) + struct.pack("<HH", 8, 8) + picture(8, 8) * 5)


def seed_coded() -> None:
    from reference import (  # type: ignore[import-not-found]
        LZ_PLT4_BE,
        LZ_PLT8,
        LZ_RGB16,
        LZ_RGB24,
        LZ_RGB32,
        LZ_RGBA,
        LZ_XXXA,
        QUIC_RGB16,
        QUIC_RGB24,
        QUIC_RGB32,
        QUIC_RGBA,
        GlzEncoder,
        Reference,
    )

    reference = Reference(sys.argv[1] if len(sys.argv) > 1 else "/tmp/ref")
    width, height = 24, 16
    pixels = picture(width, height)
    for name, kind, bits in [
        ("16", QUIC_RGB16, 2),
        ("24", QUIC_RGB24, 3),
        ("32", QUIC_RGB32, 4),
        ("a", QUIC_RGBA, 4),
    ]:
        stride = width * bits
        write(
            "quic",
            f"rgb{name}",
            reference.quic_encode(kind, width, height, stride, pixels[: stride * height]),
        )
    kinds = {
        "rgb16": (LZ_RGB16, 2),
        "rgb24": (LZ_RGB24, 3),
        "rgb32": (LZ_RGB32, 4),
        "rgba": (LZ_RGBA, 4),
        "xxxa": (LZ_XXXA, 4),
        "plt8": (LZ_PLT8, 1),
        "plt4": (LZ_PLT4_BE, 0.5),
    }
    for name, (kind, bytes_each) in kinds.items():
        stride = int(width * bytes_each)
        write(
            "lz",
            name,
            reference.lz_encode(kind, width, height, stride, pixels[: stride * height], top_down=True),
        )
    encoder = GlzEncoder(reference, 1 << 16)
    parts = []
    for shift in range(3):
        moved = pixels[shift * width * 4 :] + pixels[: shift * width * 4]
        parts.append(encoder.encode(LZ_RGB32, width, height, width * 4, moved, top_down=True))
    parts.append(encoder.encode(LZ_RGBA, width, height, width * 4, pixels, top_down=True))
    write("glz", "scroll", b"".join(struct.pack("<H", len(part)) + part for part in parts))


def seed_messages() -> None:
    ones = b"".join(
        struct.pack("<I", value) for value in (1, 0, 8, 16, 24, 32, 40, 48, 2, 0, 4, 100, 9, 8, 7, 6)
    )
    for index in range(200):
        write("message", f"zeros-{index:03}", bytes([index]) + bytes(160))
        write("message", f"ones-{index:03}", bytes([index]) + ones * 3)
    for index in range(32):
        write("agent", f"zeros-{index:02}", bytes([index]) + bytes(64))
        write("agent", f"ones-{index:02}", bytes([index]) + ones)
    words = struct.pack("<IBBIIIII", 0, 1, 0, 1, 1, 18, 9, 15)
    for index in range(7):
        write("structs", f"link-{index}", bytes([index]) + words + bytes(200))


def seed_tls() -> None:
    sys.path.insert(0, str(ROOT.parent))
    from tests.tls.certificates import Maker

    data = ROOT.parent / "rust/crates/spice-tls/tests/data"
    for name in ("certificate", "other"):
        write("certificate", name, (data / f"{name}.der").read_bytes())
    write(
        "certificate",
        "revoked",
        ssl.PEM_cert_to_DER_cert(Maker().revoke(5).replace("X509 CRL", "CERTIFICATE")),
    )
    for choice in range(8):
        write("tls", f"honest-{choice}", bytes([choice]))
        edits = b"".join(struct.pack("<HBB", place, place % 4, 3) for place in range(choice * 7, 1200, 90))
        write("tls", f"changed-{choice}", bytes([choice]) + edits)
    for place in (0, 3, 5, 9, 60, 200):
        write("tls", f"long-{place}", bytes([2]) + struct.pack("<HBB", place, 3, 255))
        write("tls", f"cut-{place}", bytes([0]) + struct.pack("<HBB", place, 1, 0))


def seed_transport() -> None:
    def mini(number: int, body: bytes) -> bytes:
        return struct.pack("<HI", number, len(body)) + body

    def full(serial: int, number: int, body: bytes, sub_list: int = 0) -> bytes:
        return struct.pack("<QHII", serial, number, len(body), sub_list) + body

    listed = struct.pack("<HII", 1, 6, 0)[:6] + struct.pack("<HI", 102, 0)
    stream = mini(3, struct.pack("<II", 1, 2)) + mini(4, bytes(40)) + mini(102, b"") * 5 + mini(8, listed)
    write("transport", "mini-client", bytes([0, 3]) + stream)
    write(
        "transport",
        "mini-server",
        bytes([2, 5]) + mini(1, bytes(4)) + mini(2, b"") * 4 + mini(101, bytes(14)),
    )
    serials = (
        full(7, 3, struct.pack("<II", 1, 1)) + full(9, 102, listed, 0) + full(10, 102, b"\0" + listed, 1)
    )
    write("transport", "full-client", bytes([1, 2]) + serials)


def seed_canvas() -> None:
    """Every display message at least once, on two displays that share caches; needs the package."""
    from reference import LZ_RGB32, QUIC_RGB32, GlzEncoder, Reference  # type: ignore[import-not-found]

    from spice_rs import _core
    from spice_rs.messages import cursor, display, draw, image

    reference = Reference(sys.argv[1] if len(sys.argv) > 1 else "/tmp/ref")
    glz = GlzEncoder(reference, 1 << 14)
    width, height = 16, 8
    pixels = picture(width, height)

    def one(message: object, *, second: bool = False, channel: int = 2) -> bytes:
        number, body = _core.encode(channel, "server", message)
        return struct.pack("<HH", number | second << 15, len(body)) + body

    def rect(left: int, top: int, right: int, bottom: int) -> object:
        return draw.Rect(top=top, left=left, bottom=bottom, right=right)

    def base(left: int, top: int, right: int, bottom: int, *clips: object, surface: int = 0) -> object:
        clip = draw.Clip(kind=1 if clips else 0, rects=clips or None)
        return draw.DisplayBase(surface_id=surface, bounds=rect(left, top, right, bottom), clip=clip)

    def picture_of(kind: int, data: object, *, number: int = 1, flags: int = 0) -> object:
        return image.Image(id=number, kind=kind, flags=flags, width=width, height=height, data=data)

    def bitmap(form: int, stride: int, data: bytes, palette: object = None) -> object:
        body = image.Bitmap(
            format=form,
            flags=4,
            width=width,
            height=height,
            stride=stride,
            palette=palette,
            data=data[: stride * height],
        )
        return picture_of(0, body, flags=1)

    no_mask = draw.QMask(flags=0, position=draw.Point(x=0, y=0), bitmap=None)
    mask = draw.QMask(flags=1, position=draw.Point(x=0, y=0), bitmap=bitmap(2, 2, pixels))
    solid = draw.Brush(kind=1, data=0x00C080FF)
    whole = rect(0, 0, width, height)
    sources = {
        "raw": bitmap(8, width * 4, pixels),
        "palette": bitmap(5, width, bytes(range(16)) * 8, image.Palette(unique=9, entries=tuple(range(16)))),
        "quic": picture_of(1, reference.quic_encode(QUIC_RGB32, width, height, width * 4, pixels)),
        "lz": picture_of(101, reference.lz_encode(LZ_RGB32, width, height, width * 4, pixels, top_down=True)),
        "cached": picture_of(103, None),
        "lossless": picture_of(106, None),
        "surface": picture_of(104, image.SurfaceSource(surface_id=1)),
    }
    tiled = draw.Brush(kind=2, data=draw.Pattern(image=sources["raw"], position=draw.Point(x=3, y=1)))
    start = one(display.SurfaceCreate(surface_id=0, width=64, height=48, format=32, flags=1))
    start += one(display.SurfaceCreate(surface_id=1, width=20, height=20, format=96, flags=0))
    box = (2, 2, 2 + width, 2 + height)
    for name, source in sources.items():
        copies = one(
            display.DrawCopy(base=base(*box), source=source, source_area=whole, rop=8, scale=0, mask=no_mask)
        )
        copies += one(
            display.DrawCopy(
                base=base(-4, 5, 40, 30, rect(0, 0, 9, 40)),
                source=source,
                source_area=whole,
                rop=64,
                scale=0,
                mask=mask,
            )
        )
        blend = display.DrawAlphaBlend(base=base(*box), flags=1, alpha=128, source=source, source_area=whole)
        key = display.DrawTransparent(
            base=base(*box), source=source, source_area=whole, source_color=0, true_color=0x336699
        )
        opaque = display.DrawOpaque(
            base=base(*box), source=source, source_area=whole, brush=tiled, rop=32, scale=1, mask=no_mask
        )
        write("canvas", f"copy-{name}", start + copies + one(blend) + one(key) + one(opaque))
    commands = [
        display.DrawFill(base=base(0, 0, 64, 48), brush=solid, rop=8, mask=no_mask),
        display.DrawFill(base=base(5, 5, 30, 30), brush=tiled, rop=64, mask=mask),
        display.DrawBlackness(base=base(0, 0, 9, 9), mask=mask),
        display.DrawWhiteness(base=base(9, 0, 20, 9), mask=no_mask),
        display.DrawInvers(base=base(4, 4, 50, 40), mask=no_mask),
        display.CopyBits(base=base(4, 4, 50, 40), source_position=draw.Point(x=7, y=2)),
        display.Mark(),
        display.MonitorsConfig(max_allowed=1, heads=(display.Head(0, 0, 64, 48, 0, 0, 0),)),
        display.InvalList(resources=(display.Resource(kind=1, id=1),)),
        display.InvalAllPixmaps(channels=()),
        display.InvalPalette(id=9),
        display.InvalAllPalettes(),
        display.SurfaceDestroy(surface_id=1),
        display.Reset(),
        display.Mode(x_res=40, y_res=30, bits=32),
    ]
    write("canvas", "commands", start + b"".join(map(one, commands)))
    stream = display.StreamCreate(
        surface_id=0,
        stream_id=3,
        flags=1,
        codec=1,
        stamp=0,
        stream_width=24,
        stream_height=20,
        source_width=24,
        source_height=20,
        destination=rect(0, 0, 30, 30),
        clip=draw.Clip(kind=0, rects=None),
    )
    jpg = jpeg("RGB", (24, 20))
    video = [
        stream,
        display.StreamActivateReport(stream_id=3, unique_id=1, max_window_size=2, timeout_ms=10),
        display.StreamData(stream_id=3, multi_media_time=5, data=jpg),
        display.StreamDataSized(
            stream_id=3, multi_media_time=6, width=24, height=20, destination=whole, data=jpg
        ),
        display.StreamClip(stream_id=3, clip=draw.Clip(kind=1, rects=(whole,))),
        display.StreamDestroy(stream_id=3),
        display.StreamDestroyAll(),
    ]
    write("canvas", "stream", start + b"".join(map(one, video)))
    parts = [glz.encode(LZ_RGB32, width, height, width * 4, pixels, top_down=True) for _ in range(4)]
    shared = start + one(
        display.SurfaceCreate(surface_id=0, width=64, height=48, format=32, flags=1), second=True
    )
    for order, part in enumerate(parts):
        source = picture_of(102, part, number=order)
        copy = display.DrawCopy(
            base=base(*box), source=source, source_area=whole, rop=8, scale=0, mask=no_mask
        )
        shared += one(copy, second=order % 2 == 0)
    write("canvas", "glz", shared)
    shape = cursor.CursorShape(unique=5, kind=0, width=8, height=8, hot_x=1, hot_y=2, data=picture(8, 8))
    place = draw.Point16(x=3, y=4)
    pointer = [
        cursor.Init(
            position=place,
            trail_length=0,
            trail_frequency=0,
            visible=1,
            cursor=cursor.Cursor(flags=2, shape=shape),
        ),
        cursor.Move(position=place),
        cursor.Set(position=place, visible=0, cursor=cursor.Cursor(flags=1, shape=None)),
        cursor.Hide(),
        cursor.Trail(length=1, frequency=1),
        cursor.InvalOne(id=5),
        cursor.InvalAll(),
        cursor.Reset(),
    ]
    write("pointer", "all", b"".join(one(message, channel=4) for message in pointer))


if __name__ == "__main__":
    seed_canvas()
    seed_pictures()
    seed_messages()
    seed_tls()
    seed_transport()
    seed_coded()

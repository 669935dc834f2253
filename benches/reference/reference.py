"""The reference codecs through ctypes, for comparison; `make -C benches/reference` builds the library first."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

# Type numbers as on the wire.
QUIC_GRAY, QUIC_RGB16, QUIC_RGB24, QUIC_RGB32, QUIC_RGBA = 1, 2, 3, 4, 5
LZ_PLT1_LE, LZ_PLT1_BE, LZ_PLT4_LE, LZ_PLT4_BE, LZ_PLT8 = 1, 2, 3, 4, 5
LZ_RGB16, LZ_RGB24, LZ_RGB32, LZ_RGBA, LZ_XXXA, LZ_A8 = 6, 7, 8, 9, 10, 11


class Failed(Exception):
    """The reference refused; the text is its own."""


class Reference:
    """The library, loaded; every method takes and gives bytes."""

    def __init__(self, folder: str | Path | None = None) -> None:
        folder = Path(folder or os.environ.get("SPICE_REFERENCE") or _default_folder())
        self.library = ctypes.CDLL(str(folder / "libspiceref.so"))
        self.library.ref_error.restype = ctypes.c_char_p
        for name in ("quic_encode", "lz_encode", "lz_decode", "glz_encode", "glz_decode"):
            getattr(self.library, f"ref_{name}").restype = ctypes.c_long
        for name in ("glz_encoder_new", "glz_decoder_new"):
            getattr(self.library, f"ref_{name}").restype = ctypes.c_void_p

    def quic_encode(self, kind: int, width: int, height: int, stride: int, pixels: bytes) -> bytes:
        """Encode rows of `stride` bytes."""
        out = ctypes.create_string_buffer(8 * height * stride + 4096)
        args = (kind, width, height, stride, pixels, out, ctypes.c_size_t(len(out)))
        size = self._checked(self.library.ref_quic_encode(*args))
        return out.raw[:size]

    def quic_decode(self, data: bytes) -> tuple[int, int, int, bytes]:
        """Give type, width, height and pixels: 32 bits each, bytes for gray."""
        kind, width, height = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
        size = ctypes.c_size_t(len(data))
        references = [ctypes.byref(number) for number in (kind, width, height)]
        self._checked(self.library.ref_quic_header(data, size, *references))
        stride = width.value * (1 if kind.value == QUIC_GRAY else 4)
        out = ctypes.create_string_buffer(stride * height.value)
        self._checked(self.library.ref_quic_decode(data, size, out, stride))
        return kind.value, width.value, height.value, out.raw

    def lz_encode(
        self, kind: int, width: int, height: int, stride: int, pixels: bytes, *, top_down: bool = True
    ) -> bytes:
        """Encode; the stride must be that of rows without padding."""
        out = ctypes.create_string_buffer(2 * height * stride + 4096)
        args = (kind, width, height, int(top_down), stride, pixels, out, ctypes.c_size_t(len(out)))
        size = self._checked(self.library.ref_lz_encode(*args))
        return out.raw[:size]

    def lz_decode(
        self, data: bytes, *, to_32: bool = True, palette: list[int] | None = None
    ) -> tuple[list[int], bytes]:
        """Give [type, width, height, gross pixels, top_down] and the pixels in stream order.

        Rows of a palette image with 1 or 4 bits are `gross // height` pixels long.
        """
        info = (ctypes.c_int * 5)()
        size = ctypes.c_size_t(len(data))
        self._checked(self.library.ref_lz_header(data, size, info))
        out = ctypes.create_string_buffer(info[3] * 4)
        entries = (ctypes.c_uint32 * len(palette))(*palette) if palette else None
        count = self.library.ref_lz_decode(
            data, size, int(to_32), entries, len(palette or ()), out, ctypes.c_size_t(len(out))
        )
        self._checked(count)
        return list(info), out.raw

    def _checked(self, result: int) -> int:
        if result < 0:
            raise Failed(self.library.ref_error().decode(errors="replace").strip())
        return result


class GlzEncoder:
    """The server's encoder with a dictionary of `window` pixels; image ids count from 0."""

    def __init__(self, reference: Reference, window: int) -> None:
        self.reference = reference
        self.handle = ctypes.c_void_p(reference.library.ref_glz_encoder_new(ctypes.c_uint32(window)))

    def encode(
        self, kind: int, width: int, height: int, stride: int, pixels: bytes, *, top_down: bool = True
    ) -> bytes:
        """Encode the next image of the dictionary."""
        out = ctypes.create_string_buffer(2 * height * stride + 4096)
        args = (kind, width, height, int(top_down), stride, pixels, out, ctypes.c_size_t(len(out)))
        size = self.reference._checked(self.reference.library.ref_glz_encode(self.handle, *args))
        return out.raw[:size]

    def close(self) -> None:
        """Free the dictionary."""
        self.reference.library.ref_glz_encoder_free(self.handle)


class GlzDecoder:
    """The client's decoder with its window of images. Give it sound data only: it checks next to nothing."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.handle = ctypes.c_void_p(reference.library.ref_glz_decoder_new())

    def decode(self, data: bytes, *, palette: list[int] | None = None) -> bytes:
        """Give the next image's 32-bit pixels in stream order."""
        width, height = (int.from_bytes(data[at : at + 4], "big") for at in (9, 13))
        out = ctypes.create_string_buffer((width + 8) * height * 4)
        entries = (ctypes.c_uint32 * len(palette))(*palette) if palette else None
        count = self.reference.library.ref_glz_decode(
            self.handle, data, entries, len(palette or ()), out, ctypes.c_size_t(len(out))
        )
        pixels = self.reference._checked(count)
        return out.raw[: 4 * pixels]

    def close(self) -> None:
        """Free the window."""
        self.reference.library.ref_glz_decoder_free(self.handle)


def _default_folder() -> Path:
    return Path(__file__).resolve().parents[2] / "target" / "reference"

"""How pictures go out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Compression(Enum):
    """Which image encodings may be used.

    AUTO picks for each area what costs least on the line; AUTO_GLZ and AUTO_LZ pick as the reference server does.
    """

    AUTO = "auto"
    AUTO_GLZ = "auto_glz"
    AUTO_LZ = "auto_lz"
    QUIC = "quic"
    GLZ = "glz"
    LZ = "lz"
    LZ4 = "lz4"
    OFF = "off"


class Lossy(Enum):
    """Whether areas may go out as JPEG first. They follow without loss as soon as they rest."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Streaming(Enum):
    """Which areas that keep changing become video: none, those that look like video, or all that change often."""

    OFF = "off"
    FILTER = "filter"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How a server encodes what it shows; each client's own wishes go before `compression`.

    Attributes:
        jpeg: AUTO uses it on slow lines only, below 10 Mbit/s as they are found to be.
        zlib: as `jpeg`, for packing GLZ once more. It loses nothing.
    """

    compression: Compression = Compression.AUTO
    jpeg: Lossy = Lossy.AUTO
    zlib: Lossy = Lossy.AUTO
    streaming: Streaming = Streaming.FILTER

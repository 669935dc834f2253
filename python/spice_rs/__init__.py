r"""SPICE for Trio programs: a remote desktop as pictures, keys and clicks.

::

    async with spice_rs.connect("spice://127.0.0.1:5900", password="secret") as session:
        frame = await session.display.frame()  # the first complete picture
        pixels = np.asarray(frame)  # (height, width, 4) uint8, no copy, never changes
        await session.keyboard.type("hello\n")
        await session.mouse.click(100, 200)
        async with session.display.frames() as frames:
            async for frame in frames:  # the newest each time
                print(frame.size, frame.damage)

The story behind it: `connect` links the main channel, learns from it which others there are, and opens displays, inputs and
cursors. The bytes of a display go from the socket into memory that Rust owns, are drawn there onto a canvas, and a `Frame` is a
view of that canvas: Python touches no pixel that nobody asked for. Everything that takes time is awaited, everything that can
fail raises a `SpiceError` whose text says what to try next (`spice_rs.errors` draws them all).

Below the desk is the protocol: `session.channels`, `spice_rs.messages`, `spice_rs.enums`, and for streams of one's own
`spice_rs.link`.
"""

from ._core import Frame, __version__
from .client import (
    Cursor,
    Display,
    Frames,
    Keyboard,
    Monitor,
    Mouse,
    NoAbsolutePointer,
    Session,
    connect,
)
from .enums import ChannelType, ImageCompression, MouseMode
from .errors import (
    AuthenticationError,
    ConnectError,
    DecodeError,
    Disconnected,
    LimitExceeded,
    LinkError,
    NotSpice,
    ProtocolError,
    RemoteProtocolError,
    SpiceError,
    Unsupported,
)
from .limits import Limits

__all__ = [
    "AuthenticationError",
    "ChannelType",
    "ConnectError",
    "Cursor",
    "DecodeError",
    "Disconnected",
    "Display",
    "Frame",
    "Frames",
    "ImageCompression",
    "Keyboard",
    "LimitExceeded",
    "Limits",
    "LinkError",
    "Monitor",
    "Mouse",
    "MouseMode",
    "NoAbsolutePointer",
    "NotSpice",
    "ProtocolError",
    "RemoteProtocolError",
    "Session",
    "SpiceError",
    "Unsupported",
    "__version__",
    "connect",
]

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

and the other way round, any picture for any viewer::

    async with spice_rs.serve("spice://127.0.0.1:5900", size=(1280, 800)) as server:
        await server.screen.update(picture)  # (800, 1280, 4) uint8: only what differs goes out
        async for event in server.events():  # keys, buttons and motion of all clients
            print(event)

The story behind it: `connect` links the main channel, learns from it which others there are, and opens displays, inputs and
cursors. The bytes of a display go from the socket into memory that Rust owns, are drawn there onto a canvas, and a `Frame` is a
view of that canvas: Python touches no pixel that nobody asked for. Everything that takes time is awaited, everything that can
fail raises a `SpiceError` whose text says what to try next (`spice_rs.errors` draws them all).

Below the desk is the protocol: `session.channels`, `spice_rs.messages`, `spice_rs.enums`, and for streams of one's own
`spice_rs.link`. The whole server is in `spice_rs.server`, tools for tests in `spice_rs.testing`.
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
    CertificateError,
    ConnectError,
    DecodeError,
    Disconnected,
    LimitExceeded,
    LinkError,
    ListenError,
    NotSpice,
    ProtocolError,
    RemoteProtocolError,
    SpiceError,
    TlsError,
    Unsupported,
)
from .limits import Limits
from .server import (
    Joined,
    KeyDown,
    KeyUp,
    Left,
    MouseDown,
    MouseMoved,
    MouseRelative,
    MouseUp,
    Screen,
    Server,
    serve,
    serve_forever,
)
from .tls import ClientTls, ServerTls

__all__ = [
    "AuthenticationError",
    "CertificateError",
    "ChannelType",
    "ClientTls",
    "ConnectError",
    "Cursor",
    "DecodeError",
    "Disconnected",
    "Display",
    "Frame",
    "Frames",
    "ImageCompression",
    "Joined",
    "KeyDown",
    "KeyUp",
    "Keyboard",
    "Left",
    "LimitExceeded",
    "Limits",
    "LinkError",
    "ListenError",
    "Monitor",
    "Mouse",
    "MouseDown",
    "MouseMode",
    "MouseMoved",
    "MouseRelative",
    "MouseUp",
    "NoAbsolutePointer",
    "NotSpice",
    "ProtocolError",
    "RemoteProtocolError",
    "Screen",
    "Server",
    "ServerTls",
    "Session",
    "SpiceError",
    "TlsError",
    "Unsupported",
    "__version__",
    "connect",
    "serve",
    "serve_forever",
]

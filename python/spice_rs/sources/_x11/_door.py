"""Whether an X server would take us, asked before libxcb asks: that one says why not on standard error, and to nobody else.

The first words of the X11 protocol, and the file in which a session's cookie stands.
"""

from __future__ import annotations

import os
import re
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trio

from ...errors import SourceError

COOKIE = b"MIT-MAGIC-COOKIE-1"
FAMILY_LOCAL, FAMILY_WILD = 256, 65535
ACCEPTED = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where an X server is, out of a display's name.

    Attributes:
        host: None where it is on this machine.
    """

    name: str
    host: str | None
    number: int


def place(name: str) -> Place:
    """Read the name of a display, as `:0`, `:0.0` or `host:10`.

    Raises:
        SourceError: it is none.
    """
    match = re.fullmatch(r"(?P<host>[^/]*):(?P<number>\d{1,5})(?:\.\d+)?", name)
    if match is None:
        raise SourceError(f"X display {name}", "that is no display's name; they look like :0")
    host = match["host"].strip("[]")
    return Place(name, None if host in ("", "unix") else host, int(match["number"]))


async def knock(name: str) -> None:
    """Connect to a display and leave again.

    Raises:
        SourceError: there is none, or it refuses; the text says which, and what helps.
    """
    where = place(name)
    try:
        stream = await reach(where)
    except OSError as error:
        raise SourceError(f"X display {name}", NOBODY.format(error=error.strerror or error)) from error
    async with stream:
        try:
            await introduce(stream, cookie(where))
        except EOFError as error:
            raise SourceError(f"X display {name}", "what answers there is no X server") from error
        except PermissionError as error:
            raise SourceError(f"X display {name}", REFUSED.format(error=error)) from error


async def reach(where: Place) -> trio.SocketStream:
    """Open a connection."""
    if where.host is not None:
        return await trio.open_tcp_stream(where.host, 6000 + where.number)
    path = f"/tmp/.X11-unix/X{where.number}"  # noqa: S108 that is where X servers listen
    try:
        return await trio.open_unix_socket(path)
    except (FileNotFoundError, ConnectionRefusedError):
        # Some servers only have the name without a file.
        sock = trio.socket.socket(socket.AF_UNIX)
        try:
            await sock.connect("\0" + path)
        except BaseException:
            sock.close()
            raise
        return trio.SocketStream(sock)


async def introduce(stream: trio.abc.Stream, secret: bytes | None) -> None:
    """Say hello as X11 has it; raise `PermissionError` with the server's words if it does not want us."""
    name, data = (COOKIE, secret) if secret is not None else (b"", b"")
    hello = struct.pack("<BxHHHH2x", ord("l"), 11, 0, len(name), len(data))
    try:
        await stream.send_all(hello + padded(name) + padded(data))
        status, reason_length, length = struct.unpack("<BB4xH", await exactly(stream, 8))
        if status == ACCEPTED:
            return
        words = await exactly(stream, 4 * length)
    except trio.BrokenResourceError as error:
        raise EOFError from error
    if status != 0 or not reason_length:
        raise PermissionError("it wants another kind of authentication")
    raise PermissionError(words[:reason_length].decode("latin-1").strip())


async def exactly(stream: trio.abc.Stream, count: int) -> bytes:
    """Read so many bytes; raise `EOFError` if there are fewer."""
    data = b""
    while len(data) < count:
        more = await stream.receive_some(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def cookie(where: Place) -> bytes | None:
    """Return this user's cookie for a display, or None."""
    path = Path(os.environ.get("XAUTHORITY") or Path.home() / ".Xauthority")
    try:
        data = path.read_bytes()
    except OSError:
        return None
    here = socket.gethostname().encode()
    number = str(where.number).encode()
    for family, address, display, name, secret in authorities(data):
        # The cookie of another machine is looked up by libxcb, which knows the families of its addresses.
        mine = family == FAMILY_WILD or (family == FAMILY_LOCAL and address == here) or where.host is not None
        if mine and display in (b"", number) and name == COOKIE:
            return secret
    return None


def authorities(data: bytes) -> Iterator[tuple[int, bytes, bytes, bytes, bytes]]:
    """Yield the entries of an authority file: family, address, number of the display, kind and data; those that are whole."""
    position = 0
    while position + 2 <= len(data):
        (family,) = struct.unpack_from(">H", data, position)
        position += 2
        fields = []
        for _ in range(4):
            length = int.from_bytes(data[position : position + 2], "big")
            position += 2 + length
            fields.append(data[position - length : position])
        if position <= len(data):
            address, number, name, secret = fields
            yield family, address, number, name, secret


def padded(data: bytes) -> bytes:
    """Fill up to a multiple of four bytes."""
    return data + bytes(-len(data) % 4)


NOBODY = (
    "there is no X server ({error}); echo $DISPLAY says its name inside its session, and "
    "Xvfb :7 -screen 0 1280x800x24 starts one in memory"
)
REFUSED = "the X server refuses: {error}; run this as the user whose session it is, or let XAUTHORITY name the session's authority file"

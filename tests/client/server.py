"""A server in memory, made of our own server halves: a test says what it offers and what it draws."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from trio.abc import Stream
from trio.testing import memory_stream_pair

from spice_rs import auth
from spice_rs.channels._base import Channel
from spice_rs.channels.cursor import CursorServer
from spice_rs.channels.display import DisplayServer
from spice_rs.channels.inputs import InputsServer
from spice_rs.channels.main import MainServer
from spice_rs.enums import (
    BrushType,
    ChannelType,
    ClipType,
    LinkErrorCode,
    MaskFlags,
    MouseMode,
    MouseMode32,
    Ropd,
    SurfaceFlags,
    SurfaceFormat,
)
from spice_rs.errors import Disconnected, SpiceError
from spice_rs.link import Refused, server_link
from spice_rs.messages import display, draw, main
from spice_rs.messages.link import LinkMessage

SESSION_ID = 0x5EED
CLASSES: dict[ChannelType, type[Channel]] = {
    ChannelType.MAIN: MainServer,
    ChannelType.DISPLAY: DisplayServer,
    ChannelType.INPUTS: InputsServer,
    ChannelType.CURSOR: CursorServer,
}
KEY = auth._make_key()


@dataclass
class Server:
    """What a test has in its hands.

    Attributes:
        channels: those that clients have linked, by type and id.
        order: the same in the order of their links.
    """

    password: str | None = None
    offers: tuple[tuple[ChannelType, int], ...] = (
        (ChannelType.INPUTS, 0),
        (ChannelType.DISPLAY, 0),
        (ChannelType.CURSOR, 0),
        (ChannelType.PLAYBACK, 0),
    )
    refuse: dict[tuple[ChannelType, int], LinkErrorCode] = field(default_factory=dict)
    mouse_modes: MouseMode = MouseMode.SERVER
    around: Callable[[Stream], Stream] = lambda stream: stream
    channels: dict[tuple[ChannelType, int], Channel] = field(default_factory=dict)
    order: list[tuple[ChannelType, int]] = field(default_factory=list)
    key: RSAPrivateKey = KEY
    nursery: trio.Nursery | None = None

    async def open(self, kind: ChannelType, number: int) -> Stream:
        """Open a connection, as a client."""
        ours, theirs = memory_stream_pair()
        assert self.nursery is not None
        self.nursery.start_soon(self._serve, theirs)
        return self.around(ours)

    @property
    def main(self) -> MainServer:
        channel = self.channels[ChannelType.MAIN, 0]
        assert isinstance(channel, MainServer)
        return channel

    @property
    def display(self) -> DisplayServer:
        channel = self.channels[ChannelType.DISPLAY, 0]
        assert isinstance(channel, DisplayServer)
        return channel

    async def linked(self, kind: ChannelType, number: int = 0) -> Channel:
        """Wait until a client has linked a channel."""
        while (kind, number) not in self.channels:
            await trio.testing.wait_all_tasks_blocked()
        return self.channels[kind, number]

    def vanish(self) -> None:
        """Close every connection without a word."""
        for channel in self.channels.values():
            channel.stop(Disconnected("the test has ended it"))

    async def _serve(self, stream: Stream) -> None:
        try:
            linked = await server_link(stream, Gate(self))
        except SpiceError:
            await trio.aclose_forcefully(stream)
            return
        key = linked.message.channel_type, linked.message.channel_id
        channel = self._make(*key)
        self.channels[key] = channel
        self.order.append(key)
        channel.start(stream, linked)
        await channel.run()

    def _make(self, kind: ChannelType, number: int) -> Channel:
        if kind != ChannelType.MAIN:
            return CLASSES[kind](number)
        modes = MouseMode32(self.mouse_modes)
        return MainServer(
            init=main.Init(SESSION_ID, 1, modes, MouseMode32.SERVER, 0, 10, 1000, 0),
            channels=tuple(main.ChannelId(kind, number) for kind, number in self.offers),
            mouse_modes=self.mouse_modes,
        )


@dataclass
class Gate:
    """Lets clients in as a test says."""

    server: Server

    def offer(self, message: LinkMessage) -> tuple[int, ...]:
        return CLASSES[message.channel_type].capabilities

    async def key(self) -> RSAPrivateKey:
        return self.server.key

    def logins(self, message: LinkMessage) -> None:
        return None

    def password(self, message: LinkMessage) -> str | None:
        return self.server.password

    async def admit(self, message: LinkMessage, *, proven: bool, user: str | None = None) -> LinkErrorCode:
        if not proven:
            return LinkErrorCode.PERMISSION_DENIED
        key = message.channel_type, message.channel_id
        if key in self.server.refuse:
            return self.server.refuse[key]
        right = 0 if message.channel_type == ChannelType.MAIN else SESSION_ID
        return LinkErrorCode.OK if message.connection_id == right else LinkErrorCode.BAD_CONNECTION_ID


@asynccontextmanager
async def serving(**options: object) -> AsyncIterator[Server]:
    """Run a server for a block."""
    server = Server(**options)  # type: ignore[arg-type]
    async with trio.open_nursery() as server.nursery:
        yield server
        server.nursery.cancel_scope.cancel()


def primary(width: int = 64, height: int = 48, surface_id: int = 0) -> display.SurfaceCreate:
    """Make the message that makes the primary surface."""
    return display.SurfaceCreate(surface_id, width, height, SurfaceFormat.XRGB32, SurfaceFlags.PRIMARY)


def base(box: draw.Rect, surface_id: int = 0) -> draw.DisplayBase:
    """Make the part that every draw command begins with."""
    return draw.DisplayBase(surface_id, box, draw.Clip(ClipType.NONE, None))


def fill(colour: int, left: int, top: int, right: int, bottom: int) -> display.DrawFill:
    """Make the message that fills an area with a colour."""
    box = draw.Rect(top=top, left=left, bottom=bottom, right=right)
    return display.DrawFill(
        base(box),
        draw.Brush(BrushType.SOLID, colour),
        Ropd.OP_PUT,
        draw.QMask(MaskFlags(0), draw.Point(0, 0), None),
    )


__all__ = ["Refused", "Server", "base", "fill", "primary", "serving"]

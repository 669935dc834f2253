"""A session: the channels of one connection to a server, and the one nursery in which they live."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from types import MappingProxyType

import trio

from .._groups import plain_errors
from ..channels._base import Channel, Surroundings
from ..channels.cursor import CursorClient
from ..channels.display import DisplayClient, Workshop
from ..channels.inputs import InputsClient
from ..channels.main import MainClient
from ..enums import ChannelType, ImageCompression, LinkErrorCode, MouseMode
from ..errors import ProtocolError, SpiceError, Unsupported
from ..limits import Limits
from ..link import Credentials
from ..messages import base, main
from ..proxy import Proxy
from ..sasl import Login
from ..tls import ClientTls
from ..transport import Opener
from ..ways import Target, find
from .cursor import Cursor
from .display import Display
from .keyboard import Keyboard
from .mouse import Mouse

ChannelKey = tuple[ChannelType, int]

POLITE_CLOSE = 0.5
"""Seconds for the last words on leaving: nobody else can decide how long a server may take to listen."""

HEAD_START = 0.05
"""Seconds that the other channels leave to the first picture: with it, it comes sooner by a fifth from a server on two cores."""

NOTIFICATIONS_KEPT = 100


@asynccontextmanager
async def connect(
    address: Target,
    *,
    password: str | None = None,
    login: Login | None = None,
    proxy: str | Proxy | None = None,
    tls: ClientTls | None = None,
    compression: ImageCompression | None = None,
    limits: Limits | None = None,
) -> AsyncIterator[Session]:
    """Connect to a server; its displays, inputs and cursors are opened without being asked for.

    The block starts when the first display is linked. Leaving it ends everything politely. If the server ends the session
    first, the block goes on, and whatever waits for the server raises `Disconnected`; pictures stay readable.

    Arguments:
        address: `spice://host:port`, `spice+tls://host:port`, `spice://host?port=5900&tls-port=5901`, `spice+unix:///path`, `ws://host:port/path`, `spice+qmp:///path` of QEMU's monitor,
            `libvirt+qemu:///system?domain=NAME`, `proxmox://user@realm@host/MACHINE` (see `spice_rs.libvirt`, `spice_rs.proxmox`); a
            `ConnectionFile`; or a coroutine function that opens the connection for a channel, given its type and id, and returns
            a stream, a socket or the number of one.
        password: None where the server wants none, or where the address has it; for Proxmox that of the user there.
        login: who this is, for servers that want to know a name (SASL). None takes the name from the address, with the password,
            or the Kerberos tickets that there are.
        proxy: an HTTP proxy on the way, like `http://host:3128`; None for that of the connection file, or of SPICE_PROXY in the
            environment.
        tls: whom to trust, and which channels go inside of TLS, where the address has a TLS port; see `ClientTls`. None for all
            channels and for a certificate of the server's name from an authority of this system, or for what the connection file says.
        compression: how the server shall compress pictures, if it lets clients choose.
        limits: what the server may make this side allocate.

    Raises:
        ConnectError: nobody answers.
        CertificateError: the server is not who it should be.
        TlsError: it speaks no TLS where it should.
        LinkError: it is not SPICE, or it refuses; see its subclasses.
        RemoteProtocolError: the server broke the protocol.
        Disconnected: the server ended the session before there was a display.
        ValueError, Unsupported: the address.

    Cancelled, it ends what it began.
    """
    found = await find(address, password=password, login=login, proxy=proxy, tls=tls)
    session = Session(
        found.open,
        found.name,
        credentials=found.credentials,
        compression=compression,
        limits=limits or Limits(),
        without=found.without,
    )
    with plain_errors():
        async with trio.open_nursery() as nursery:
            try:
                await session._start(nursery)
                yield session
                session._raise_untold()
            finally:
                with trio.CancelScope(shield=True), trio.move_on_after(POLITE_CLOSE):
                    await session._say_goodbye()
                nursery.cancel_scope.cancel()


class Session:
    """One connection to a server; `connect` makes it.

    Attributes:
        address: where the server is, as text.
        main: the main channel, for what this class does not offer.
        notifications: what the server had to say to people, the newest hundred.
    """

    def __init__(
        self,
        open_channel: Opener,
        address: str,
        *,
        credentials: Credentials,
        compression: ImageCompression | None,
        limits: Limits,
        without: frozenset[ChannelType] = frozenset(),
    ) -> None:
        self.address = address
        self.notifications: deque[base.Notify] = deque(maxlen=NOTIFICATIONS_KEPT)
        self._open = open_channel
        self._credentials = credentials
        self._compression = compression
        self._without = without
        self._surroundings = Surroundings(limits, notify=self._on_notify)
        self._workshop = Workshop(limits)
        self.main = MainClient(surroundings=self._surroundings, on_available=self._on_available)
        self._channels: dict[ChannelKey, Channel | None] = {(ChannelType.MAIN, 0): self.main}
        self._displays: dict[int, Display] = {}
        self._cursors: dict[int, Cursor] = {}
        self._desk: tuple[Keyboard, Mouse] | None = None
        self._nursery: trio.Nursery | None = None
        self._display_linked = trio.Event()

    # The desk.

    @property
    def display(self) -> Display:
        """The primary display.

        Raises:
            Unsupported: the server has none.
        """
        if not self._displays:
            raise Unsupported("the server has no display", capability="DISPLAY")
        return self._displays[min(self._displays)]

    @property
    def displays(self) -> tuple[Display, ...]:
        """All displays, in the order of their ids."""
        return tuple(self._displays[key] for key in sorted(self._displays))

    @property
    def cursor(self) -> Cursor:
        """The pointer of the primary display.

        Raises:
            Unsupported: the server has no cursor channel.
        """
        if not self._cursors:
            raise Unsupported("the server has no cursor channel", capability="CURSOR")
        return self._cursors[min(self._cursors)]

    @property
    def keyboard(self) -> Keyboard:
        """The guest's keyboard.

        Raises:
            Unsupported: the server takes no input.
        """
        return self._inputs()[0]

    @property
    def mouse(self) -> Mouse:
        """The guest's mouse.

        Raises:
            Unsupported: the server takes no input.
        """
        return self._inputs()[1]

    def _inputs(self) -> tuple[Keyboard, Mouse]:
        if self._desk is None:
            raise Unsupported("the server has no inputs channel", capability="INPUTS")
        return self._desk

    # What is known of the server.

    @property
    def channels(self) -> Mapping[ChannelKey, Channel | None]:
        """All channels that the server offers, by type and id; None for one that is not opened."""
        return MappingProxyType(self._channels)

    @property
    def name(self) -> str | None:
        """The name of the virtual machine, if the server told it."""
        return self.main.machine

    @property
    def uuid(self) -> uuid.UUID | None:
        """The UUID of the virtual machine, if the server told it."""
        return self.main.uuid

    @property
    def mouse_mode(self) -> MouseMode:
        """Who moves the pointer: CLIENT takes absolute positions, SERVER only motion."""
        return self.main.mouse_mode

    @property
    def agent_connected(self) -> bool:
        """Whether an agent runs in the guest."""
        return self.main.agent_connected

    @property
    def ended(self) -> Exception | None:
        """Why the session is over; None while it is not."""
        return self.main.ended

    async def wait_ended(self) -> Exception:
        """Wait until the session is over; return why."""
        return await self.main.wait_ended()

    def __repr__(self) -> str:
        displays = ", ".join(
            f"{d.size[0]}x{d.size[1]}" if d.size else "no picture yet" for d in self.displays
        )
        state = f"ended: {self.ended}" if self.ended else displays or "no display"
        named = f" {self.name!r}" if self.name else ""
        return f"<Session {self.address}{named}, {state}>"

    # Life.

    async def _start(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        await self.main.link(self._open, credentials=self._credentials)
        nursery.start_soon(self._run_main)
        await self.main.wait_until(lambda: self.main.available is not None)
        if self._displays:
            await self.display.channel.up()

    async def _run_main(self) -> None:
        await self.main.run()
        assert self.main.ended is not None
        for channel in self._channels.values():
            if channel is not None:
                channel.stop(self.main.ended)

    def _on_available(self, channels: list[main.ChannelId]) -> None:
        for listed in channels:
            key = listed.channel_type, listed.channel_id
            if key in self._channels:
                continue
            self._channels[key] = channel = self._make(*key)
            if channel is not None and self._nursery is not None:
                self._nursery.start_soon(self._serve, channel)

    def _make(self, kind: ChannelType, number: int) -> Channel | None:
        """Make the channel, if it is one that a session opens by itself."""
        match kind:
            case _ if kind in self._without:
                return None
            case ChannelType.DISPLAY:
                display = DisplayClient(
                    number,
                    self._surroundings,
                    workshop=self._workshop,
                    compression=self._compression,
                    media_time=self.main.media_time,
                )
                self._displays[number] = Display(display)
                return display
            case ChannelType.CURSOR:
                cursor = CursorClient(number, self._surroundings)
                self._cursors[number] = Cursor(cursor)
                return cursor
            case ChannelType.INPUTS:
                inputs = InputsClient(number, self._surroundings)
                self._desk = self._desk or (Keyboard(inputs), Mouse(inputs, self.main))
                return inputs
        return None

    async def _serve(self, channel: Channel) -> None:
        """Link one channel and serve it to its end; how it ended stands in the channel."""
        first = self._displays and channel is self.display.channel
        if self._displays and not first:
            await self._give_way()
        assert self.main.init is not None
        try:
            with suppress(SpiceError):
                await channel.link(
                    self._open, connection_id=self.main.init.session_id, credentials=self._credentials
                )
        finally:
            if first:
                self._display_linked.set()
        if channel.ended is None:
            await channel.run()

    async def _give_way(self) -> None:
        """Wait until the first display is linked, and a little for its picture.

        A server makes a key for each link, one after the other, and it does so while it compresses the first picture.
        """
        await self._display_linked.wait()
        display = self.display
        with trio.move_on_after(HEAD_START), suppress(SpiceError):
            await display.channel.wait_until(lambda: display.ready)

    def _on_notify(self, channel: Channel, message: base.Notify) -> None:
        self.notifications.append(message)
        channel.log.info("%s: the server says: %s", channel.name, message.message)

    def _raise_untold(self) -> None:
        """Raise a fault of the server that the program has not been told; that it has gone does not matter on leaving."""
        if isinstance(self.main.ended, ProtocolError):
            self.main.check()

    async def _say_goodbye(self) -> None:
        """Let go what the program holds down, let everything that was sent leave, tell the server that the session is over.

        In this order: a server that has been told may not look at the other channels any more.
        """
        for each in self._desk or ():
            each.release_all()
        for channel in self._channels.values():
            if channel is not None and channel.linked is not None:
                await channel.drained()
        with suppress(SpiceError):
            self.main.post(base.Disconnecting(0, LinkErrorCode.OK))
            await self.main.drained()
